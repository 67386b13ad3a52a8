#include "engine/sandbox/copy_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/sandbox/path.h"

namespace cow::sandbox {
namespace {

bool CopyRegular(const char* from, const char* to, bool executable) {
  const int source = open(from, O_RDONLY | O_CLOEXEC);
  if (source < 0) return false;
  const int target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, executable ? 0555 : 0444);
  const bool done = target >= 0 && CopyBytes(source, target);
  const int saved = errno;
  close(source);
  if (target >= 0) close(target);
  errno = saved;
  return done;
}

bool CopyLink(const char* from, const char* to) {
  char text[PATH_MAX];
  const ssize_t length = readlink(from, text, sizeof text - 1);
  if (length < 0) return false;
  text[length] = 0;
  return symlink(text, to) == 0;
}

enum class Way { kCopy, kLink };

bool PlaceEntry(const char* from, const char* to, Way way);

bool PlaceEntries(const char* from, const char* to, Way way) {
  DIR* const directory = opendir(from);
  if (directory == nullptr) return false;
  bool done = true;
  while (const dirent* entry = done ? readdir(directory) : nullptr) {
    const char* const name = entry->d_name;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
    done = PlaceEntry(Path({from, "/", name}).c_str(), Path({to, "/", name}).c_str(), way);
  }
  const int saved = errno;
  closedir(directory);
  errno = saved;
  return done;
}

bool PlaceEntry(const char* from, const char* to, Way way) {
  struct stat info;
  if (lstat(from, &info) != 0) return false;
  bool done = true;
  if (S_ISDIR(info.st_mode)) {
    done = mkdir(to, 0755) == 0 && PlaceEntries(from, to, way);
  } else if (S_ISLNK(info.st_mode)) {
    done = CopyLink(from, to);
  } else if (S_ISREG(info.st_mode) && way == Way::kLink) {
    return link(from, to) == 0;
  } else if (S_ISREG(info.st_mode)) {
    done = CopyRegular(from, to, (info.st_mode & 0100) != 0);
  } else {
    return true;
  }
  const timespec times[2] = {info.st_mtim, info.st_mtim};
  return done && utimensat(AT_FDCWD, to, times, AT_SYMLINK_NOFOLLOW) == 0;
}

}  // namespace

bool CopyBytes(int from, int to) {
  static char buffer[128 * 1024];
  for (;;) {
    const ssize_t got = read(from, buffer, sizeof buffer);
    if (got == 0) return true;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    for (ssize_t done = 0; done < got;) {
      const ssize_t put = write(to, buffer + done, static_cast<size_t>(got - done));
      if (put < 0 && errno != EINTR) return false;
      if (put > 0) done += put;
    }
  }
}

bool CopyTree(const char* from, const char* to) { return PlaceEntries(from, to, Way::kCopy); }

bool LinkEntry(const char* from, const char* to) { return PlaceEntry(from, to, Way::kLink); }

bool RemoveTree(const char* path) {
  if (unlink(path) == 0 || errno == ENOENT) return true;
  if (errno != EISDIR && errno != EPERM) return false;
  chmod(path, 0700);
  DIR* const directory = opendir(path);
  if (directory == nullptr) return false;
  bool done = true;
  while (const dirent* entry = done ? readdir(directory) : nullptr) {
    const char* const name = entry->d_name;
    if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) done = RemoveTree(Path({path, "/", name}).c_str());
  }
  closedir(directory);
  return done && rmdir(path) == 0;
}

}  // namespace cow::sandbox
