#include "engine/store/database_use.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace cow::store {
namespace {

constexpr size_t kLongestLook = 128;

// "" = there is no file. Padded, so that a new look covers the old one.
std::string LookOf(const std::string& data) {
  const absl::StatusOr<FileInfo> info = LstatFile(data);
  if (!info.ok()) return "";
  std::string look = absl::StrCat(info->device, " ", info->inode, " ", info->size, " ", info->mtime_ns, " ", info->ctime_ns);
  look.resize(kLongestLook, ' ');
  return look;
}

absl::StatusOr<bool> IsAlone(int fd, const std::string& path) {
  const bool alone = flock(fd, LOCK_EX | LOCK_NB) == 0;
  while (flock(fd, LOCK_SH) != 0) {
    if (errno != EINTR) return ErrnoStatus(errno, absl::StrCat("locking ", path));
  }
  return alone;
}

}  // namespace

absl::StatusOr<DatabaseUse> DatabaseUse::Join(const CacheLayout& layout) {
  const std::string path = layout.root + "/db.use";
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  COW_ASSIGN_OR_RETURN(const bool alone, IsAlone(fd.get(), path));
  std::string data = layout.db() + "/data.mdb";
  char left[kLongestLook];
  const ssize_t size = pread(fd.get(), left, sizeof(left), 0);
  if (size < 0) return ErrnoStatus(errno, path);
  const std::string look = LookOf(data);
  const bool as_left = look == std::string_view(left, static_cast<size_t>(size));
  return DatabaseUse(std::move(fd), std::move(data), alone && !look.empty() && !as_left);
}

absl::Status DatabaseUse::Leave() const {
  const std::string look = LookOf(data_);
  if (pwrite(fd_.get(), look.data(), look.size(), 0) != static_cast<ssize_t>(look.size())) {
    return ErrnoStatus(errno, "noting how the cache's database was left");
  }
  return absl::OkStatus();
}

}  // namespace cow::store
