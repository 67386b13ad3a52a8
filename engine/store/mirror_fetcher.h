// MirrorFetcher: fetches from files of this machine ("file:///..."), from the machine's own package mirrors
// ("apt:pool/...": tried below every mirror that apt knows) and from "https://...".
//
// "apt:pool/...?snapshot=20260711T101637Z" also says when the mirrors had the file: if they have it no more, it is looked
// for below that date in the archives of snapshots that the user names.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "engine/store/apt_download.h"
#include "engine/store/blob_store.h"
#include "engine/store/cache_layout.h"
#include "engine/store/cas.h"
#include "engine/store/downloader.h"
#include "engine/store/fetcher.h"
#include "engine/store/transfer_log.h"

namespace cow::store {

struct MirrorFetcherOptions {
  int attempts = 3;
  int backoff_ms = 500;                            // doubles after every attempt
  int parallel = 8;                                // transfers at once
  std::vector<std::string> mirrors{};              // base URIs; empty = what apt knows
  std::vector<std::string> snapshot_mirrors{};     // base URIs; below them <date>/pool/...
  AptDownloadOptions download{};
  std::function<void(std::string_view)> on_progress{};  // what to show; any thread, one at a time
};

class MirrorFetcher final : public Fetcher {
 public:
  // `cas` outlives the fetcher; `scratch_dir` lies on the cache's file system. Files that are not complete lie in
  // layout.downloads(), for whoever wants them next.
  MirrorFetcher(LocalCas* cas, const CacheLayout& layout, std::string scratch_dir, MirrorFetcherOptions options = {});

  absl::Status Fetch(const FetchSpec& spec) override;
  int parallel() const override { return options_.parallel; }
  // Always asks; see Downloader for failures.
  absl::StatusOr<Digest> FetchAny(const DownloadRequest& request);

 private:
  // What is known about the bytes beforehand.
  struct Wanted {
    std::string sha256{};  // "" = nothing
    int64_t size = -1;     // -1 = unknown
  };
  static absl::Status Check(const std::string& url, const Wanted& wanted, const Digest& found);

  absl::StatusOr<std::vector<std::string>> Mirrors();
  absl::StatusOr<std::vector<std::string>> UrlsOf(const std::string& url);
  absl::StatusOr<Digest> FetchFromOneOf(const std::vector<std::string>& urls, const Wanted& wanted,
                                        const std::string& file);
  absl::StatusOr<Digest> FetchUrl(const std::string& url, const Wanted& wanted, const std::string& file);
  absl::StatusOr<Digest> FetchPinned(const std::vector<std::string>& urls, const Wanted& wanted);
  absl::StatusOr<Digest> FetchUnknown(const std::vector<std::string>& urls);

  LocalCas& cas_;
  const std::string downloads_dir_;
  const std::string scratch_dir_;
  const MirrorFetcherOptions options_;
  TransferLog transfers_;
  absl::Mutex mutex_;
  std::vector<std::string> mirrors_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::store
