#include "engine/sandbox/output_move.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/sandbox/failure.h"

namespace cow::sandbox {
namespace {

int OpenWithoutLinks(const char* path) {
  open_how how = {};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  return static_cast<int>(syscall(SYS_openat2, AT_FDCWD, path[0] != 0 ? path : ".", &how, sizeof how));
}

bool IsDotName(const char* name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

// Directories first, so that what is in them can be reached whatever their mode was.
bool TakeOver(int directory, const char* name) {
  if (fchownat(directory, name, geteuid(), getegid(), AT_SYMLINK_NOFOLLOW) != 0) return false;
  const int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return errno == ENOTDIR || errno == ELOOP || errno == ENXIO;
  DIR* const entries = fdopendir(fd);
  bool done = entries != nullptr;
  while (const dirent* entry = done ? readdir(entries) : nullptr) {
    if (!IsDotName(entry->d_name)) done = TakeOver(fd, entry->d_name);
  }
  if (entries != nullptr) closedir(entries);
  return done;
}

bool MoveEntries(int from, const char* to, bool take_over) {
  const int target = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const entries = target < 0 ? nullptr : fdopendir(fcntl(from, F_DUPFD_CLOEXEC, 0));
  bool done = entries != nullptr;
  while (const dirent* entry = done ? readdir(entries) : nullptr) {
    if (IsDotName(entry->d_name)) continue;
    done = (!take_over || TakeOver(from, entry->d_name)) && renameat(from, entry->d_name, target, entry->d_name) == 0;
  }
  const int saved = errno;
  if (entries != nullptr) closedir(entries);
  if (target >= 0) close(target);
  errno = saved;
  return done;
}

}  // namespace

bool MoveOutputs(const ActionRequest& request, bool take_over, Failure* failure) {
  // What is below another place comes after it in the request, and has to be moved before it.
  for (size_t i = request.writable_count; i-- > 0;) {
    const WritableDirectory& place = request.writable[i];
    const int from = OpenWithoutLinks(place.path);
    if (from < 0) {
      // The action removed or replaced it: there is no output in it.
      if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == EXDEV) continue;
      return Fail(failure, "open an output directory", place.path);
    }
    fchmod(from, 0755);
    const bool done = MoveEntries(from, place.source, take_over);
    if (!done) Fail(failure, "take the outputs of a directory", place.path);
    close(from);
    if (!done) return false;
  }
  return true;
}

}  // namespace cow::sandbox
