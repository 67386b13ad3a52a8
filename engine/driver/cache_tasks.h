// What `cow cache` does, and what keeps a cache below --disk_cache_max.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/driver/build_request.h"
#include "engine/model/build_event.h"
#include "engine/store/local_store.h"

namespace cow::driver {

struct CacheFigure {
  std::string name{};     // "blob_bytes"
  int64_t value = 0;
};

struct CacheReport {
  std::vector<CacheFigure> figures{};
  std::vector<std::string> problems{};  // of verify: what was bad
};

// None of them needs a workspace; each looks at the cache of request.cache_dir.
absl::StatusOr<std::string> CachePath(const BuildRequest& request);
absl::StatusOr<CacheReport> CacheStats(const BuildRequest& request);
// Down to request.disk_cache_max, if that is not 0.
absl::StatusOr<CacheReport> CollectCache(const BuildRequest& request);
absl::StatusOr<CacheReport> VerifyCache(const BuildRequest& request);

// After a build: removes what is too much for request.disk_cache_max, if that is not 0. `unchanged`: the build wrote
// nothing, so that nothing is to be done if the limit was kept before. Warns if the limit cannot be kept.
absl::Status BoundCache(const BuildRequest& request, bool unchanged, store::LocalStore& store, EventSink& events);

}  // namespace cow::driver
