// PreimageStore: the messages keys were made from, each once, by digest: what many actions share, such as a directory of
// headers, is stored once.
//
// What is not there any more is not told: a preimage only explains. All methods may be called from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/digest.h"
#include "engine/store/database.h"

namespace cow::store {

class PreimageStore {
 public:
  // `database` outlives it.
  explicit PreimageStore(Database* database) : database_(*database) {}

  // `bytes` may be more than what `digest` is of, as long as it belongs to it. What this process put before is not
  // written again.
  void Put(const Digest& digest, std::string_view bytes);

  std::optional<std::string> Get(const Digest& digest) const;

 private:
  Database& database_;
  absl::Mutex mutex_;
  absl::flat_hash_set<Digest> put_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::store
