// MemoryActionCache: an ActionCache that lives in memory, for tests.
#pragma once

#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "engine/store/action_cache.h"

namespace cow::store {

class MemoryActionCache final : public ActionCache {
 public:
  absl::StatusOr<std::optional<ActionResult>> Get(const Digest& key) override;
  absl::Status Put(const Digest& key, const ActionResult& result, std::string_view preimage) override;
  absl::StatusOr<std::optional<std::string>> GetPreimage(const Digest& key) override;

 private:
  struct Entry {
    ActionResult result;
    std::string preimage;
  };
  absl::Mutex mutex_;
  absl::flat_hash_map<Digest, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::store
