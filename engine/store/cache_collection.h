// CollectGarbage: makes a cache take no more room than it may.
//
// What was used longest ago goes first (in access epochs, see result_usage.h); within an epoch what is cheapest to make
// again for its size: (seconds of work × epochs in which it was used) / bytes. What a living session leases stays (see
// session_lease.h). Files are renamed into this session's scratch directory before they are removed, so that nobody ever
// sees a part of one. Results that lack bytes afterwards are forgotten.
//
// A blob that is missing is made again by whoever needs it: too much removed costs time only.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "engine/store/cache_census.h"
#include "engine/store/local_store.h"

namespace cow::store {

struct CollectionResult {
  int64_t bytes_before = 0;  // of the whole cache
  int64_t bytes_after = 0;
  Room blobs{};              // removed
  Room trees{};              // removed
  int64_t results = 0;       // forgotten
  int64_t leased_bytes = 0;  // would have gone, but running builds use it
  int64_t fixed_bytes = 0;   // of the cache that is never removed here: database, repositories, scratch of sessions
};

inline constexpr int64_t kNoCacheLimit = INT64_MAX;

// Waits for another collection of the same cache. `max_bytes`: of the whole cache; a cache that takes no more is left
// alone. kNoCacheLimit: only what is in quarantine and results that lack bytes go. The leases of this process's own
// session do not count: its build is over.
absl::StatusOr<CollectionResult> CollectGarbage(LocalStore& store, int64_t max_bytes);

}  // namespace cow::store
