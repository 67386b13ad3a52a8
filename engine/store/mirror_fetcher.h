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
#include "engine/store/fetcher.h"

namespace cow::store {

struct MirrorFetcherOptions {
  int attempts = 3;
  int backoff_ms = 500;                                  // doubles after every attempt
  std::string apt_helper = "/usr/lib/apt/apt-helper";
  std::vector<std::string> mirrors{};                    // base URIs; empty = what apt knows
};

class MirrorFetcher final : public Fetcher {
 public:
  // `cas` outlives the fetcher; `scratch_dir` lies on the cache's file system.
  MirrorFetcher(LocalCas* cas, std::string scratch_dir, MirrorFetcherOptions options = {});

  absl::Status Fetch(const FetchSpec& spec) override;

 private:
  absl::StatusOr<std::vector<std::string>> Mirrors();
  absl::StatusOr<std::vector<std::string>> UrlsOf(const FetchSpec& spec);
  absl::Status FetchUrl(const std::string& url, const FetchSpec& spec);
  absl::Status Download(const std::string& url, const FetchSpec& spec, const std::string& file);

  LocalCas& cas_;
  const std::string scratch_dir_;
  const MirrorFetcherOptions options_;
  absl::Mutex mutex_;
  std::vector<std::string> mirrors_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::store
