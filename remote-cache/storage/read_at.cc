#include "remote-cache/storage/read_at.h"

#include <unistd.h>

#include "engine/base/status.h"

namespace cow::cache {

absl::StatusOr<std::string> ReadAt(int fd, int64_t offset, size_t size) {
  std::string bytes(size, '\0');
  size_t have = 0;
  while (have < size) {
    const ssize_t n = pread(fd, bytes.data() + have, size - have, offset + static_cast<int64_t>(have));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus(errno, "reading a blob");
    if (n == 0) return absl::DataLossError("the file of a blob is too short");
    have += static_cast<size_t>(n);
  }
  return bytes;
}

}  // namespace cow::cache
