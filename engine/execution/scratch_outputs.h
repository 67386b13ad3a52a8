// ScratchOutputs: the empty directories into which one action writes. ScratchPool: keeps them for the next action.
//
// Making and removing directories costs more than an action's own file (about 100 us each on ext4; where the file system
// discards freed blocks at once, removing waits for the disk), so they are emptied and used again. What cannot be emptied
// and what holds many mount points of inputs is left to the end of the session.
#pragma once

#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "engine/execution/output_scan.h"
#include "engine/execution/spawn_runner.h"

namespace cow::execution {

class ScratchPool;

// Goes back to its pool when it ends. The processes that could write to it are dead by then.
class ScratchOutputs {
 public:
  ~ScratchOutputs();
  ScratchOutputs(ScratchOutputs&& other) noexcept;
  ScratchOutputs& operator=(ScratchOutputs&&) = delete;

  // Sorted by path.
  const std::vector<SpawnWritable>& writable() const { return writable_; }

 private:
  friend class ScratchPool;
  explicit ScratchOutputs(ScratchPool* pool) : pool_(pool) {}

  ScratchPool* pool_;  // null when moved from
  std::vector<SpawnWritable> writable_;
};

// Any thread.
class ScratchPool {
 public:
  // `root` is an existing private directory that outlives the pool.
  explicit ScratchPool(std::string root) : root_(std::move(root)) {}

  // Directories for all places where an action with these outputs may write.
  absl::StatusOr<ScratchOutputs> Take(const std::vector<DeclaredOutput>& outputs);

 private:
  friend class ScratchOutputs;
  absl::StatusOr<std::string> TakeDirectory();
  void Return(const std::vector<SpawnWritable>& writable);

  const std::string root_;
  absl::Mutex mutex_;
  std::vector<std::string> free_ ABSL_GUARDED_BY(mutex_);  // empty directories
};

}  // namespace cow::execution
