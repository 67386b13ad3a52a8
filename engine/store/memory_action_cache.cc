#include "engine/store/memory_action_cache.h"

namespace cow::store {

absl::StatusOr<std::optional<ActionResult>> MemoryActionCache::Get(const Digest& key) {
  absl::MutexLock lock(&mutex_);
  auto found = results_.find(key);
  if (found == results_.end()) return std::nullopt;
  return found->second;
}

absl::Status MemoryActionCache::Put(const Digest& key, const ActionResult& result) {
  absl::MutexLock lock(&mutex_);
  results_[key] = result;
  return absl::OkStatus();
}

}  // namespace cow::store
