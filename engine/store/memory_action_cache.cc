#include "engine/store/memory_action_cache.h"

namespace cow::store {

absl::StatusOr<std::optional<ActionResult>> MemoryActionCache::Get(const Digest& key) {
  absl::MutexLock lock(&mutex_);
  auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  return found->second.result;
}

absl::Status MemoryActionCache::Put(const Digest& key, const ActionResult& result, std::string_view preimage) {
  absl::MutexLock lock(&mutex_);
  entries_[key] = {result, std::string(preimage)};
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> MemoryActionCache::GetPreimage(const Digest& key) {
  absl::MutexLock lock(&mutex_);
  auto found = entries_.find(key);
  if (found == entries_.end() || found->second.preimage.empty()) return std::nullopt;
  return found->second.preimage;
}

}  // namespace cow::store
