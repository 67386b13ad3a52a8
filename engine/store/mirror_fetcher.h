// MirrorFetcher: fetches from files of this machine ("file:///..."), from the machine's own package mirrors
// ("apt:pool/...": tried below every mirror that apt knows) and from "https://...". Network transfers go through apt's
// own download program, so that the machine's proxies, certificates and credentials apply.
#pragma once

#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "engine/store/blob_store.h"
#include "engine/store/cas.h"
#include "engine/store/downloader.h"
#include "engine/store/fetcher.h"

namespace cow::store {

struct MirrorFetcherOptions {
  int attempts = 3;
  int backoff_ms = 500;                                  // doubles after every attempt
  int64_t max_bytes = int64_t{8} << 30;                  // of one file
  std::string apt_helper = "/usr/lib/apt/apt-helper";
  std::vector<std::string> mirrors{};                    // base URIs; empty = what apt knows
};

class MirrorFetcher final : public Fetcher {
 public:
  // `cas` outlives the fetcher; `scratch_dir` lies on the cache's file system.
  MirrorFetcher(LocalCas* cas, std::string scratch_dir, MirrorFetcherOptions options = {});

  absl::Status Fetch(const FetchSpec& spec) override;
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
  absl::StatusOr<Digest> FetchFromOneOf(const std::vector<std::string>& urls, const Wanted& wanted);
  absl::StatusOr<Digest> FetchUrl(const std::string& url, const Wanted& wanted);
  absl::Status Download(const std::string& url, const Wanted& wanted, const std::string& file);

  LocalCas& cas_;
  const std::string scratch_dir_;
  const MirrorFetcherOptions options_;
  absl::Mutex mutex_;
  std::vector<std::string> mirrors_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::store
