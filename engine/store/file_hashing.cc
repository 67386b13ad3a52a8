#include "engine/store/file_hashing.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>

#include "engine/base/posix_file.h"
#include "engine/base/status.h"

namespace cow::store {
namespace {

constexpr size_t kChunk = 256 * 1024;
constexpr size_t kFirstChunk = 16 * 1024;  // most files end in it

// Reads `from` to its end and gives each chunk to the hash, and to `to` unless that is -1.
absl::StatusOr<Digest> Stream(int from, int to) {
  char first[kFirstChunk];
  std::unique_ptr<char[]> further;
  Sha256 hash;
  off_t offset = 0;
  while (true) {
    const bool is_long = offset >= static_cast<off_t>(kFirstChunk);
    if (is_long && further == nullptr) further = std::make_unique_for_overwrite<char[]>(kChunk);
    char* const buffer = is_long ? further.get() : first;
    ssize_t n = pread(from, buffer, is_long ? kChunk : kFirstChunk, offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus(errno, "reading");
    if (n == 0) return hash.Finish();
    std::string_view bytes(buffer, static_cast<size_t>(n));
    hash.Update(bytes);
    if (to >= 0) COW_RETURN_IF_ERROR(WriteAll(to, bytes));
    offset += n;
  }
}

}  // namespace

absl::StatusOr<Digest> HashFd(int fd) { return Stream(fd, -1); }

absl::StatusOr<Digest> CopyAndHash(int from, int to) {
  if (ioctl(to, FICLONE, from) == 0) return HashFd(to);
  return Stream(from, to);
}

}  // namespace cow::store
