#include "engine/store/action_cache.h"

#include "engine/base/status.h"
#include "engine/store/action_result_record.h"
#include "engine/store/result_usage.h"

namespace cow::store {

absl::StatusOr<std::optional<ActionResult>> LocalActionCache::Get(const Digest& key) {
  COW_ASSIGN_OR_RETURN(std::optional<std::string> bytes, database_.Get(Table::kActions, key.hash_view()));
  if (!bytes) return std::nullopt;
  absl::StatusOr<ActionResult> result = DecodeActionResult(key, *bytes);
  if (!result.ok()) return std::nullopt;
  NoteUse(database_, key);
  return *std::move(result);
}

absl::Status LocalActionCache::Put(const Digest& key, const ActionResult& result) {
  NoteUse(database_, key);
  database_.Put(Table::kActions, key.hash_view(), EncodeActionResult(key, result));
  return absl::OkStatus();
}

}  // namespace cow::store
