// ThreadPool: a fixed number of workers that run submitted tasks, first come first served.
#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace cow {

class ThreadPool {
 public:
  explicit ThreadPool(int threads);
  // Runs what was submitted, then joins.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Any thread, also a task of this pool.
  void Submit(std::function<void()> task);

  int size() const { return static_cast<int>(threads_.size()); }

 private:
  void Work();

  absl::Mutex mutex_;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;  // constant after construction
};

// Calls body(i) for i in [0, count) on up to `threads` threads (the caller's included); returns when all are done.
void ParallelFor(int threads, size_t count, const std::function<void(size_t)>& body);

// Number of processors this process may use, at least 1.
int ProcessorCount();

}  // namespace cow
