// ActionCache: what actions produced, under the digest of everything they depend on (AC).
//
// All methods may be called from any thread. A result is a claim: whether the blobs it names are present is for the
// caller to ask BlobStore::FindMissing. Store the blobs first and the result last.
#pragma once

#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/model/action_result.h"
#include "engine/store/database.h"

namespace cow::store {

class ActionCache {
 public:
  virtual ~ActionCache() = default;

  // nullopt: no result, or one that is damaged or was written by another version.
  virtual absl::StatusOr<std::optional<ActionResult>> Get(const Digest& key) = 0;

  // Replaces what is there.
  virtual absl::Status Put(const Digest& key, const ActionResult& result) = 0;
};

// In the database: writes are batched and visible to this process at once; Database::Flush makes them durable.
class LocalActionCache final : public ActionCache {
 public:
  // `database` outlives the cache.
  explicit LocalActionCache(Database* database) : database_(*database) {}

  absl::StatusOr<std::optional<ActionResult>> Get(const Digest& key) override;
  absl::Status Put(const Digest& key, const ActionResult& result) override;

 private:
  Database& database_;
};

}  // namespace cow::store
