// Checkpointer: calls a function now and then from a thread of its own, first soon after the start of a session that
// lasts and then every half minute. Short commands end before the first call and pay nothing.
#pragma once

#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace cow::store {

class Checkpointer {
 public:
  explicit Checkpointer(std::function<void()> checkpoint);
  // Waits for a call that is under way.
  ~Checkpointer();

 private:
  void Run(const std::function<void()>& checkpoint);

  absl::Mutex mutex_;
  absl::CondVar wake_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace cow::store
