// Checkpoints: which files survived the last boot. There is no fsync for each blob: what was written before a checkpoint
// (syncfs, then a durable note) of its boot began is believed after a power cut, and what was written in this boot; all
// else must be read once. Any thread.
#pragma once

#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "engine/store/database.h"
#include "remote-cache/storage/stored_record.h"

namespace cow::cache {

class Checkpoints {
 public:
  // `directory` is on the file system of the files. `database` outlives this.
  Checkpoints(store::Database* database, std::string directory);

  // The file of the record is complete now.
  void Stamp(StoredRecord* record);
  bool IsBelieved(const StoredRecord& record);
  // Does nothing if nothing was stamped since the last.
  absl::Status Take();

 private:
  absl::Status Sync();

  store::Database& database_;
  const std::string directory_;
  const uint64_t boot_;
  absl::Mutex mutex_;
  bool dirty_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_map<uint64_t, int64_t> earlier_ ABSL_GUARDED_BY(mutex_);  // boot: when its last checkpoint began
};

}  // namespace cow::cache
