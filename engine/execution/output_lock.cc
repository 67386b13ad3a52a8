#include "engine/execution/output_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "absl/time/clock.h"
#include "engine/base/status.h"

namespace cow::execution {

absl::StatusOr<OutputLock> OutputLock::Acquire(const std::string& output_directory, std::stop_token cancelled,
                                               const std::function<void()>& on_wait) {
  std::string path = output_directory + "/.lock";
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  bool told = false;
  while (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return ErrnoStatus(errno, path);
    if (cancelled.stop_requested()) return absl::CancelledError("interrupted");
    if (!told) on_wait();
    told = true;
    absl::SleepFor(absl::Milliseconds(20));
  }
  return OutputLock(std::move(fd));
}

}  // namespace cow::execution
