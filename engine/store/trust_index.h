// TrustIndex: which files of the cache may be believed without reading them.
//
// A file's record holds its inode, ctime, the boot it was recorded in and the time since that boot. The file is trusted
// if it still has that inode and ctime, and either this is the same boot (what a process wrote stays in the page cache
// when it is killed) or a checkpoint of that boot began after the record's time and completed. A checkpoint is a syncfs
// followed by a durable note of the time at which it began.
//
// Any thread, any process.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/posix_file.h"
#include "engine/store/database.h"

namespace cow::store {

class TrustIndex {
 public:
  // `database` outlives the index. `table` is kBlobs or kTrees.
  TrustIndex(Database* database, Table table) : database_(*database), table_(table) {}

  bool IsTrusted(std::string_view key, const FileInfo& info);

  // The file is complete: nobody writes to it any more and `info` is its final state.
  void Record(std::string_view key, const FileInfo& info);
  void Forget(std::string_view key) { database_.Delete(table_, key); }

  // Files of all tables were recorded in this boot since its last completed checkpoint.
  bool NeedsCheckpoint();
  // `directory` is any directory on the file system of the cache.
  absl::Status Checkpoint(const std::string& directory);

 private:
  int64_t CompletedCheckpoint(const std::string& boot);
  int64_t MetaTime(const std::string& key);

  Database& database_;
  const Table table_;
  absl::Mutex mutex_;
  // Checkpoints of earlier boots; they cannot change any more.
  absl::flat_hash_map<std::string, int64_t> earlier_boots_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::store
