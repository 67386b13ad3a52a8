// RemoteProcess: a running cow-remote and the socket to it. Any thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "engine/base/posix_file.h"
#include "engine/remote/frame.h"

namespace cow::remote {

class RemoteProcess {
 public:
  // `notice` gets what the process has to say, from a thread of its own; outlives the process. kNotFound: no such program.
  static absl::StatusOr<std::unique_ptr<RemoteProcess>> Start(const std::string& program,
                                                              std::function<void(const std::string&)> notice);
  // The process ends, at once or soon, whatever it does; waits for that.
  ~RemoteProcess();

  // Waits for the reply. kUnavailable: the process is gone; kDeadlineExceeded; kCancelled by `cancelled`, of which the process
  // is told.
  absl::StatusOr<Frame> Call(Frame request, absl::Duration timeout = absl::InfiniteDuration(), std::stop_token cancelled = {});
  // Of a frame that has no reply.
  absl::Status Send(const Frame& frame);

  // All calls return now, and all later ones.
  void Hangup();

 private:
  RemoteProcess(UniqueFd socket, pid_t pid, std::function<void(const std::string&)> notice)
      : socket_(std::move(socket)), pid_(pid), notice_(std::move(notice)) {}
  void Listen();

  const UniqueFd socket_;
  const pid_t pid_;
  const std::function<void(const std::string&)> notice_;
  absl::Mutex writing_;
  absl::Mutex mutex_;
  uint64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  bool gone_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_map<uint64_t, std::optional<Frame>> waiting_ ABSL_GUARDED_BY(mutex_);
  std::thread listener_;
};

}  // namespace cow::remote
