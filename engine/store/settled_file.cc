#include "engine/store/settled_file.h"

#include <time.h>

#include "engine/store/file_system_kind.h"

namespace cow::store {
namespace {

constexpr int64_t kMillisecond = 1'000'000;
constexpr int64_t kSecond = 1'000 * kMillisecond;

// Files that are looked at one after the other mostly lie on one device. "remote" if nothing is known.
FileSystemKind FileSystemOfDevice(const std::string& path, uint64_t device) {
  struct Last {
    uint64_t device = 0;
    FileSystemKind kind{};
    bool known = false;
  };
  thread_local Last last;
  if (!last.known || last.device != device) {
    absl::StatusOr<FileSystemKind> kind = FileSystemOf(path);
    if (!kind.ok()) return {.remote = true};
    last = {.device = device, .kind = *std::move(kind), .known = true};
  }
  return last.kind;
}

}  // namespace

int64_t WallClockNanos() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

bool IsSettled(const std::string& path, const FileInfo& info, int64_t looked_at_ns) {
  const FileSystemKind kind = FileSystemOfDevice(path, info.device);
  if (kind.remote) return false;
  // The kernel stamps files with the time of its last tick (at most 10 ms ago); whole seconds tell of an old format.
  bool fine = kind.fine_timestamps && info.ctime_ns % kSecond != 0;
  return info.ctime_ns < looked_at_ns - (fine ? 50 * kMillisecond : 2 * kSecond);
}

bool SameState(const FileInfo& a, const FileInfo& b) {
  return a.device == b.device && a.inode == b.inode && a.size == b.size && a.mtime_ns == b.mtime_ns &&
         a.ctime_ns == b.ctime_ns && a.mode == b.mode;
}

}  // namespace cow::store
