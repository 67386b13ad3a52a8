// OutputLock: one writer at a time below <workspace>/cow-out.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "engine/base/posix_file.h"

namespace cow::execution {

class OutputLock {
 public:
  // Waits until no other process holds the lock of `output_directory` (existing); calls `on_wait` once before it waits.
  // kCancelled when `cancelled` is requested. Released by the destructor.
  static absl::StatusOr<OutputLock> Acquire(const std::string& output_directory, std::stop_token cancelled,
                                            const std::function<void()>& on_wait);

 private:
  explicit OutputLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace cow::execution
