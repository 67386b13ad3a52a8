#include "engine/store/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace cow::store {
namespace {

// `creation`: O_CREAT or 0.
absl::StatusOr<UniqueFd> OpenForLock(const std::string& path, int creation) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid()) fd = UniqueFd(open(path.c_str(), O_RDWR | creation | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  return fd;
}

}  // namespace

absl::StatusOr<FileLock> FileLock::Acquire(const std::string& path) {
  COW_ASSIGN_OR_RETURN(UniqueFd fd, OpenForLock(path, O_CREAT));
  while (flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return ErrnoStatus(errno, absl::StrCat("locking ", path));
  }
  return FileLock(std::move(fd));
}

absl::StatusOr<std::optional<FileLock>> FileLock::Try(const std::string& path) {
  COW_ASSIGN_OR_RETURN(UniqueFd fd, OpenForLock(path, 0));
  if (flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return FileLock(std::move(fd));
  if (errno == EWOULDBLOCK) return std::nullopt;
  return ErrnoStatus(errno, absl::StrCat("locking ", path));
}

absl::StatusOr<bool> FileLock::IsOf(const std::string& path) const {
  struct stat locked{}, named{};
  if (fstat(fd_.get(), &locked) != 0) return ErrnoStatus(errno, path);
  if (lstat(path.c_str(), &named) != 0) {
    if (errno == ENOENT) return false;
    return ErrnoStatus(errno, path);
  }
  return locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

}  // namespace cow::store
