// MemoryActionCache: an ActionCache that lives in memory, for tests.
#pragma once

#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "engine/store/action_cache.h"

namespace cow::store {

class MemoryActionCache final : public ActionCache {
 public:
  absl::StatusOr<std::optional<ActionResult>> Get(const Digest& key) override;
  absl::Status Put(const Digest& key, const ActionResult& result) override;

 private:
  absl::Mutex mutex_;
  absl::flat_hash_map<Digest, ActionResult> results_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::store
