#include "engine/store/mirror_fetcher.h"

#include <csignal>
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

// How RunSubprocess tells that a signal ended the program: Ctrl-C reaches it before us.
bool WasInterrupted(int exit_code) {
  return exit_code == 128 + SIGINT || exit_code == 128 + SIGTERM || exit_code == 128 + SIGHUP;
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

absl::Status MirrorFetcher::Check(const std::string& url, const Wanted& wanted, const Digest& found) {
  bool right_hash = wanted.sha256.empty() || found.hex() == wanted.sha256;
  if (right_hash && (wanted.size < 0 || found.size_bytes() == wanted.size)) return absl::OkStatus();
  std::string size = wanted.size < 0 ? "" : absl::StrCat(" (", wanted.size, " bytes)");
  return absl::FailedPreconditionError(absl::StrCat(Shown(url), ": checksum mismatch: expected sha256 ", wanted.sha256,
                                                    size, ", got ", found.hex(), " (", found.size_bytes(), " bytes)"));
}

absl::StatusOr<std::vector<std::string>> MirrorFetcher::UrlsOf(const std::string& url) {
  if (!url.starts_with(kAptPrefix)) {
    for (std::string_view scheme : {"file:/", "https://", "http://"}) {
      if (url.starts_with(scheme)) return std::vector<std::string>{url};
    }
    return absl::InvalidArgumentError(
        absl::StrCat("cannot fetch '", Shown(url), "': expected 'apt:...', 'https://...' or 'file:///...'"));
  }
  COW_ASSIGN_OR_RETURN(std::vector<std::string> mirrors, Mirrors());
  for (std::string& mirror : mirrors) mirror = JoinUrl(mirror, url.substr(kAptPrefix.size()));
  return mirrors;
}

absl::Status MirrorFetcher::Download(const std::string& url, const Wanted& wanted, const std::string& file) {
  std::vector<std::string> argv;
  if (FindProgram("prlimit").ok()) argv = {"prlimit", absl::StrCat("--fsize=", options_.max_bytes)};
  argv.push_back(options_.apt_helper);
  // Running as root, apt would switch to a user that may not write to our directory, and complain.
  for (const char* setting : {"APT::Sandbox::User=root", "Acquire::Retries=0", "Acquire::http::Timeout=60",
                              "Acquire::https::Timeout=60"}) {
    argv.insert(argv.end(), {"-o", setting});
  }
  argv.insert(argv.end(), {"download-file", url, file});
  if (!wanted.sha256.empty()) argv.push_back(absl::StrCat("SHA256:", wanted.sha256));
  absl::StatusOr<SubprocessResult> run = RunSubprocess({.argv = std::move(argv)});
  if (!run.ok()) return Annotate(run.status(), absl::StrCat("downloading ", Shown(url)));
  if (run->exit_code == 0) return absl::OkStatus();
  if (WasInterrupted(run->exit_code)) return absl::CancelledError(absl::StrCat("downloading ", Shown(url), ": interrupted"));
  std::string output = absl::StrCat(run->out, run->err);
  std::string message = absl::StrCat(Shown(url), ": ", ReasonOf(output));
  if (absl::StrContains(output, "404 ")) return absl::NotFoundError(message);
  if (absl::StrContains(output, absl::StrCat("received signal ", SIGXFSZ)) || run->exit_code == 128 + SIGXFSZ) {
    return absl::ResourceExhaustedError(absl::StrCat(Shown(url), ": larger than ", options_.max_bytes, " bytes"));
  }
  if (!absl::StrContains(output, "Hash Sum mismatch") && !absl::StrContains(output, "Hashes of received file")) {
    return absl::UnavailableError(message);
  }
  // apt keeps what it received beside the target.
  absl::StatusOr<Digest> received = cas_.PutFile(file + ".FAILED");
  if (received.ok()) return Check(url, wanted, *received);
  return absl::FailedPreconditionError(absl::StrCat(message, "; expected sha256 ", wanted.sha256));
}

absl::StatusOr<Digest> MirrorFetcher::FetchUrl(const std::string& url, const Wanted& wanted) {
  std::string local = LocalPath(url);
  if (!local.empty()) {
    COW_ASSIGN_OR_RETURN(Digest digest, cas_.PutFile(local));
    COW_RETURN_IF_ERROR(Check(url, wanted, digest));
    return digest;
  }
  COW_ASSIGN_OR_RETURN(std::string folder, MakeTempDirectory(scratch_dir_ + "/fetch-"));
  std::string file = folder + "/file";
  absl::Status status = Download(url, wanted, file);
  absl::StatusOr<Digest> digest = status.ok() ? cas_.AdoptFile(file) : status;
  RemoveTree(folder).IgnoreError();
  COW_RETURN_IF_ERROR(digest.status());
  COW_RETURN_IF_ERROR(Check(url, wanted, *digest));
  return digest;
}

absl::StatusOr<Digest> MirrorFetcher::FetchFromOneOf(const std::vector<std::string>& urls, const Wanted& wanted) {
  int backoff_ms = options_.backoff_ms;
  for (int attempt = 1;; ++attempt, backoff_ms *= 2) {
    bool again = false;
    // The most telling of the failures: wrong bytes, then no answer, then no such file.
    absl::Status worst;
    for (const std::string& url : urls) {
      absl::StatusOr<Digest> digest = FetchUrl(url, wanted);
      if (digest.ok()) return digest;
      absl::Status status = digest.status();
      if (absl::IsResourceExhausted(status) || absl::IsCancelled(status)) return status;
      again |= absl::IsUnavailable(status);
      if (worst.ok() || absl::IsFailedPrecondition(status) || absl::IsNotFound(worst)) worst = status;
    }
    if (!again || attempt >= options_.attempts) return worst;
    absl::SleepFor(absl::Milliseconds(backoff_ms));
  }
}

absl::Status MirrorFetcher::Fetch(const FetchSpec& spec) {
  if (cas_.Contains(spec.digest)) return absl::OkStatus();
  COW_ASSIGN_OR_RETURN(std::vector<std::string> urls, UrlsOf(spec.url));
  return FetchFromOneOf(urls, {.sha256 = spec.digest.hex(), .size = spec.digest.size_bytes()}).status();
}

absl::StatusOr<Digest> MirrorFetcher::FetchAny(const DownloadRequest& request) {
  std::vector<std::string> urls;
  for (const std::string& url : request.urls) {
    COW_ASSIGN_OR_RETURN(std::vector<std::string> expanded, UrlsOf(url));
    urls.insert(urls.end(), expanded.begin(), expanded.end());
  }
  if (urls.empty()) return absl::InvalidArgumentError("there is no URL to download from");
  return FetchFromOneOf(urls, {.sha256 = request.sha256});
}

}  // namespace cow::store
