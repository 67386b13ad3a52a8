// TransferLog: lets so many transfers run at once, and tells about them now and then.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace cow::store {

class TransferLog {
 public:
  // `report` gets one line of text, at most once a second; it may be empty.
  TransferLog(int parallel, std::function<void(std::string_view)> report);

  // Any thread. Begin waits for a place; each one is followed by End, with the bytes that came (0 if it failed).
  void Begin(std::string_view name);
  void End(int64_t bytes);

 private:
  void Tell(std::string_view name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasPlace() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return running_ < parallel_; }

  const int parallel_;
  const std::function<void(std::string_view)> report_;
  absl::Mutex mutex_;
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t files_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time told_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace cow::store
