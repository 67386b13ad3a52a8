#include "engine/store/mirror_fetcher.h"

#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/base/subprocess.h"

namespace cow::store {
namespace {

constexpr std::string_view kAptPrefix = "apt:";

// Without user and password, which may stand in an apt source.
std::string Shown(std::string_view url) {
  size_t host = url.find("://");
  if (host == std::string_view::npos) return std::string(url);
  host += 3;
  size_t end = url.find('/', host);
  size_t at = url.substr(0, end).rfind('@');
  if (at == std::string_view::npos || at < host) return std::string(url);
  return absl::StrCat(url.substr(0, host), url.substr(at + 1));
}

// "file:///a", "file:/a" and "copy:/a" -> "/a"; "" for other kinds.
std::string LocalPath(std::string_view url) {
  if (!url.starts_with("file:/") && !url.starts_with("copy:/")) return "";
  url.remove_prefix(url.find('/'));
  while (url.starts_with("//")) url.remove_prefix(1);
  return std::string(url);
}

absl::Status CheckDigest(const std::string& url, const Digest& wanted, const Digest& found) {
  if (found == wanted) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(Shown(url), ": expected sha256 ", wanted.hex(), " (",
                                                    wanted.size_bytes(), " bytes), got ", found.hex(), " (",
                                                    found.size_bytes(), " bytes)"));
}

// apt indents the reason of a failure; whatever else failed says it in its last line.
std::string ReasonOf(std::string_view output) {
  std::string last;
  for (std::string_view line : absl::StrSplit(output, '\n', absl::SkipWhitespace())) {
    last = std::string(absl::StripAsciiWhitespace(line));
    if (line.starts_with("  ")) break;
  }
  return last;
}

std::string JoinUrl(std::string_view base, std::string_view path) {
  return absl::StrCat(absl::StripSuffix(base, "/"), "/", path);
}

}  // namespace

MirrorFetcher::MirrorFetcher(LocalCas* cas, std::string scratch_dir, MirrorFetcherOptions options)
    : cas_(*cas), scratch_dir_(std::move(scratch_dir)), options_(std::move(options)), mirrors_(options_.mirrors) {}

absl::StatusOr<std::vector<std::string>> MirrorFetcher::Mirrors() {
  absl::MutexLock lock(&mutex_);
  if (!mirrors_.empty()) return mirrors_;
  absl::StatusOr<SubprocessResult> run =
      RunSubprocess({.argv = {"apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"}});
  if (!run.ok()) return Annotate(run.status(), "asking apt for the package mirrors of this machine");
  if (run->exit_code != 0) {
    return absl::UnavailableError(absl::StrCat("apt-get indextargets failed: ", ReasonOf(run->err)));
  }
  std::set<std::string> seen;
  for (std::string_view line : absl::StrSplit(run->out, '\n', absl::SkipWhitespace())) {
    if (seen.insert(std::string(line)).second) mirrors_.emplace_back(line);
  }
  if (mirrors_.empty()) {
    return absl::FailedPreconditionError("apt knows no package mirror on this machine; see /etc/apt/sources.list");
  }
  return mirrors_;
}

absl::StatusOr<std::vector<std::string>> MirrorFetcher::UrlsOf(const FetchSpec& spec) {
  if (!spec.url.starts_with(kAptPrefix)) {
    for (std::string_view scheme : {"file:/", "https://", "http://"}) {
      if (spec.url.starts_with(scheme)) return std::vector<std::string>{spec.url};
    }
    return absl::InvalidArgumentError(
        absl::StrCat("cannot fetch '", Shown(spec.url), "': expected 'apt:...', 'https://...' or 'file:///...'"));
  }
  COW_ASSIGN_OR_RETURN(std::vector<std::string> mirrors, Mirrors());
  for (std::string& mirror : mirrors) mirror = JoinUrl(mirror, spec.url.substr(kAptPrefix.size()));
  return mirrors;
}

absl::Status MirrorFetcher::Download(const std::string& url, const FetchSpec& spec, const std::string& file) {
  // Running as root, apt would switch to a user that may not write to our directory, and complain.
  absl::StatusOr<SubprocessResult> run = RunSubprocess(
      {.argv = {options_.apt_helper, "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=0", "-o",
                "Acquire::http::Timeout=60", "-o", "Acquire::https::Timeout=60", "download-file", url, file,
                absl::StrCat("SHA256:", spec.digest.hex())}});
  if (!run.ok()) return Annotate(run.status(), absl::StrCat("downloading ", Shown(url)));
  if (run->exit_code == 0) return absl::OkStatus();
  std::string output = absl::StrCat(run->out, run->err);
  std::string message = absl::StrCat(Shown(url), ": ", ReasonOf(output));
  if (absl::StrContains(output, "404 ")) return absl::NotFoundError(message);
  if (!absl::StrContains(output, "Hash Sum mismatch") && !absl::StrContains(output, "Hashes of received file")) {
    return absl::UnavailableError(message);
  }
  // apt keeps what it received beside the target.
  absl::StatusOr<Digest> received = cas_.PutFile(file + ".FAILED");
  if (received.ok()) return CheckDigest(url, spec.digest, *received);
  return absl::FailedPreconditionError(absl::StrCat(message, "; expected sha256 ", spec.digest.hex()));
}

absl::Status MirrorFetcher::FetchUrl(const std::string& url, const FetchSpec& spec) {
  std::string local = LocalPath(url);
  if (!local.empty()) {
    COW_ASSIGN_OR_RETURN(Digest digest, cas_.PutFile(local));
    return CheckDigest(url, spec.digest, digest);
  }
  COW_ASSIGN_OR_RETURN(std::string folder, MakeTempDirectory(scratch_dir_ + "/fetch-"));
  std::string file = folder + "/file";
  absl::Status status = Download(url, spec, file);
  if (status.ok()) {
    absl::StatusOr<Digest> digest = cas_.AdoptFile(file);
    status = digest.ok() ? CheckDigest(url, spec.digest, *digest) : digest.status();
  }
  RemoveTree(folder).IgnoreError();
  return status;
}

absl::Status MirrorFetcher::Fetch(const FetchSpec& spec) {
  if (cas_.Contains(spec.digest)) return absl::OkStatus();
  COW_ASSIGN_OR_RETURN(std::vector<std::string> urls, UrlsOf(spec));
  int backoff_ms = options_.backoff_ms;
  for (int attempt = 1;; ++attempt, backoff_ms *= 2) {
    bool again = false;
    // The most telling of the failures: wrong bytes, then no answer, then no such file.
    absl::Status worst;
    for (const std::string& url : urls) {
      absl::Status status = FetchUrl(url, spec);
      if (status.ok()) return status;
      if (absl::IsResourceExhausted(status)) return status;
      again |= absl::IsUnavailable(status);
      if (worst.ok() || absl::IsFailedPrecondition(status) || absl::IsNotFound(worst)) worst = status;
    }
    if (!again || attempt >= options_.attempts) return worst;
    absl::SleepFor(absl::Milliseconds(backoff_ms));
  }
}

}  // namespace cow::store
