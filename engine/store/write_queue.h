// WriteQueue: collects writes for a short while and hands them to a commit function in a thread of its own, which is
// started with the first write: most commands have nothing to write.
// Internal to the store. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace cow::store {

class WriteQueue {
 public:
  using Value = std::optional<std::string>;                          // nullopt: delete
  using Batch = std::map<std::pair<int, std::string>, Value>;        // (table, key); sorted, which LMDB likes
  using CommitFunction = std::function<absl::Status(const Batch&)>;

  WriteQueue(CommitFunction commit, int delay_ms);
  // Commits what is left.
  ~WriteQueue();

  void Add(int table, std::string_view key, Value value);
  // What was added and is not committed yet; a present nullopt means "to be deleted".
  std::optional<Value> Find(int table, std::string_view key);
  // Returns when all that was added before is committed; the first failure since the last call.
  absl::Status Flush();

 private:
  void Run();
  static std::optional<Value> FindIn(const Batch& batch, int table, std::string_view key);

  const CommitFunction commit_;
  const int delay_ms_;
  absl::Mutex mutex_;
  absl::CondVar wake_;
  absl::CondVar committed_;
  Batch pending_ ABSL_GUARDED_BY(mutex_);
  Batch committing_ ABSL_GUARDED_BY(mutex_);
  size_t pending_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t added_ ABSL_GUARDED_BY(mutex_) = 0;      // number of writes ever added
  uint64_t done_ ABSL_GUARDED_BY(mutex_) = 0;       // of those, committed or failed
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;         // callers of Flush
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::store
