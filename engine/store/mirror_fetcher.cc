#include "engine/store/mirror_fetcher.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/base/subprocess.h"
#include "engine/store/file_lock.h"

namespace cow::store {
namespace {

constexpr std::string_view kAptPrefix = "apt:";
constexpr std::string_view kSnapshot = "?snapshot=";

// "file:///a", "file:/a" and "copy:/a" -> "/a"; "" for other kinds.
std::string LocalPath(std::string_view url) {
  if (!url.starts_with("file:/") && !url.starts_with("copy:/")) return "";
  url.remove_prefix(url.find('/'));
  while (url.starts_with("//")) url.remove_prefix(1);
  return std::string(url);
}

std::string JoinUrl(std::string_view base, std::string_view path) {
  return absl::StrCat(absl::StripSuffix(base, "/"), "/", path);
}

// A transfer has a place in the log while this lives.
class Transfer {
 public:
  Transfer(TransferLog& log, std::string_view url) : log_(log) { log_.Begin(PathBasename(url)); }
  ~Transfer() { log_.End(bytes); }

  int64_t bytes = 0;

 private:
  TransferLog& log_;
};

}  // namespace

MirrorFetcher::MirrorFetcher(LocalCas* cas, const CacheLayout& layout, std::string scratch_dir,
                             MirrorFetcherOptions options)
    : cas_(*cas),
      downloads_dir_(layout.downloads()),
      scratch_dir_(std::move(scratch_dir)),
      options_(std::move(options)),
      transfers_(options_.parallel, options_.on_progress),
      mirrors_(options_.mirrors) {}

absl::StatusOr<std::vector<std::string>> MirrorFetcher::Mirrors() {
  absl::MutexLock lock(&mutex_);
  if (!mirrors_.empty()) return mirrors_;
  std::set<std::string> seen;
  // The second list also has mirrors apt never fetched an index from.
  for (const char* option : {"--release-info", "--no-release-info"}) {
    absl::StatusOr<SubprocessResult> run = RunSubprocess(
        {.argv = {"apt-get", option, "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"}});
    if (!run.ok()) return Annotate(run.status(), "asking apt for the package mirrors of this machine");
    if (run->exit_code != 0) {
      return absl::UnavailableError(absl::StrCat("apt-get indextargets failed: ", absl::StripAsciiWhitespace(run->err)));
    }
    for (std::string_view line : absl::StrSplit(run->out, '\n', absl::SkipWhitespace())) {
      if (seen.insert(std::string(line)).second) mirrors_.emplace_back(line);
    }
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
  return absl::FailedPreconditionError(absl::StrCat(ShownUrl(url), ": checksum mismatch: expected sha256 ",
                                                    wanted.sha256, size, ", got ", found.hex(), " (",
                                                    found.size_bytes(), " bytes)"));
}

absl::StatusOr<std::vector<std::string>> MirrorFetcher::UrlsOf(const std::string& url) {
  if (!url.starts_with(kAptPrefix)) {
    for (std::string_view scheme : {"file:/", "https://", "http://"}) {
      if (url.starts_with(scheme)) return std::vector<std::string>{url};
    }
    return absl::InvalidArgumentError(
        absl::StrCat("cannot fetch '", ShownUrl(url), "': expected 'apt:...', 'https://...' or 'file:///...'"));
  }
  const size_t query = std::min(url.find(kSnapshot), url.size());
  const std::string path = url.substr(kAptPrefix.size(), query - kAptPrefix.size());
  COW_ASSIGN_OR_RETURN(std::vector<std::string> urls, Mirrors());
  for (std::string& mirror : urls) mirror = JoinUrl(mirror, path);
  if (query == url.size()) return urls;
  const std::string date = url.substr(query + kSnapshot.size());
  for (const std::string& mirror : options_.snapshot_mirrors) urls.push_back(JoinUrl(JoinUrl(mirror, date), path));
  return urls;
}

absl::StatusOr<Digest> MirrorFetcher::FetchUrl(const std::string& url, const Wanted& wanted, const std::string& file) {
  std::string local = LocalPath(url);
  if (!local.empty()) {
    COW_ASSIGN_OR_RETURN(Digest digest, cas_.PutFile(local));
    COW_RETURN_IF_ERROR(Check(url, wanted, digest));
    return digest;
  }
  Transfer transfer(transfers_, url);
  const std::string refused = file + ".FAILED";
  const bool continued = FileExists(file);
  absl::Status status = AptDownload(url, wanted.sha256, file, options_.download);
  if (absl::IsFailedPrecondition(status) && continued) {
    // What was there may have been the wrong part.
    RemoveFile(file).IgnoreError();
    RemoveFile(refused).IgnoreError();
    status = AptDownload(url, wanted.sha256, file, options_.download);
  }
  if (absl::IsFailedPrecondition(status)) {
    absl::StatusOr<Digest> received = cas_.PutFile(refused);
    RemoveFile(file).IgnoreError();
    RemoveFile(refused).IgnoreError();
    if (received.ok()) return Check(url, wanted, *received);
  }
  COW_RETURN_IF_ERROR(status);
  COW_ASSIGN_OR_RETURN(Digest digest, cas_.AdoptFile(file));
  transfer.bytes = digest.size_bytes();
  COW_RETURN_IF_ERROR(Check(url, wanted, digest));
  return digest;
}

absl::StatusOr<Digest> MirrorFetcher::FetchFromOneOf(const std::vector<std::string>& urls, const Wanted& wanted,
                                                     const std::string& file) {
  int backoff_ms = options_.backoff_ms;
  for (int attempt = 1;; ++attempt, backoff_ms *= 2) {
    bool again = false;
    // The most telling of the failures: wrong bytes, then no answer, then no such file.
    absl::Status worst;
    for (const std::string& url : urls) {
      absl::StatusOr<Digest> digest = FetchUrl(url, wanted, file);
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

absl::StatusOr<Digest> MirrorFetcher::FetchPinned(const std::vector<std::string>& urls, const Wanted& wanted) {
  COW_RETURN_IF_ERROR(MakeDirectories(downloads_dir_));
  // Whoever wants the same file waits, and then has it.
  COW_ASSIGN_OR_RETURN(FileLock lock,
                       FileLock::Acquire(absl::StrCat(downloads_dir_, "/lock-", wanted.sha256.substr(0, 3))));
  if (absl::StatusOr<Digest> digest = cas_.FindBySha256(wanted.sha256); digest.ok()) {
    if (wanted.size < 0 || wanted.size == digest->size_bytes()) return digest;
  }
  return FetchFromOneOf(urls, wanted, absl::StrCat(downloads_dir_, "/", wanted.sha256));
}

absl::StatusOr<Digest> MirrorFetcher::FetchUnknown(const std::vector<std::string>& urls) {
  COW_ASSIGN_OR_RETURN(std::string folder, MakeTempDirectory(scratch_dir_ + "/fetch-"));
  absl::StatusOr<Digest> digest = FetchFromOneOf(urls, {}, folder + "/file");
  RemoveTree(folder).IgnoreError();
  return digest;
}

absl::Status MirrorFetcher::Fetch(const FetchSpec& spec) {
  if (cas_.Contains(spec.digest)) return absl::OkStatus();
  COW_ASSIGN_OR_RETURN(std::vector<std::string> urls, UrlsOf(spec.url));
  return FetchPinned(urls, {.sha256 = spec.digest.hex(), .size = spec.digest.size_bytes()}).status();
}

absl::StatusOr<Digest> MirrorFetcher::FetchAny(const DownloadRequest& request) {
  std::vector<std::string> urls;
  for (const std::string& url : request.urls) {
    COW_ASSIGN_OR_RETURN(std::vector<std::string> expanded, UrlsOf(url));
    urls.insert(urls.end(), expanded.begin(), expanded.end());
  }
  if (urls.empty()) return absl::InvalidArgumentError("there is no URL to download from");
  return request.sha256.empty() ? FetchUnknown(urls) : FetchPinned(urls, {.sha256 = request.sha256});
}

}  // namespace cow::store
