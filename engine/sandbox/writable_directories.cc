#include "engine/sandbox/writable_directories.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/sandbox/failure.h"
#include "engine/sandbox/mounts.h"
#include "engine/sandbox/path.h"
#include "engine/sandbox/zygote_root.h"

namespace cow::sandbox {
namespace {

bool IsDotName(const char* name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

bool IsEmptyDirectory(const char* path) {
  DIR* const directory = opendir(path);
  if (directory == nullptr) return false;
  const dirent* entry = readdir(directory);
  while (entry != nullptr && IsDotName(entry->d_name)) entry = readdir(directory);
  closedir(directory);
  return entry == nullptr;
}

bool CopySymlink(const char* from, const char* to) {
  char target[PATH_MAX];
  const ssize_t length = readlink(from, target, sizeof target - 1);
  if (length < 0) return false;
  target[length] = 0;
  return symlink(target, to) == 0;
}

// An empty file that only lends its inode to mount points: a disk makes and forgets names faster than inodes.
constexpr char kSpareFile[] = "/../.mount-point";

// Makes the empty file `name` in `directory`.
bool MakeMountPoint(const char* directory, const char* name) {
  const Path spare = {directory, kSpareFile};
  const Path point = {directory, "/", name};
  if (link(spare.c_str(), point.c_str()) == 0) return true;
  // The first action makes the spare one; when it has no more links, or cannot be had, a file of its own does as well.
  const int made = errno == ENOENT ? open(spare.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0444) : -1;
  if (made >= 0) close(made);
  if (made >= 0 && link(spare.c_str(), point.c_str()) == 0) return true;
  const int file = open(point.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
  if (file >= 0) close(file);
  return file >= 0;
}

// Makes the staged entry `from`/`name` appear in `target`, where the directory `source` is bound and has no such entry.
bool ShowEntry(const char* from, const char* target, const char* source, const char* name) {
  const Path staged = {from, "/", name};
  const Path to = {target, "/", name};
  struct stat info;
  if (lstat(staged.c_str(), &info) != 0) return false;
  if (S_ISLNK(info.st_mode)) return CopySymlink(staged.c_str(), to.c_str());
  const bool made = S_ISDIR(info.st_mode) ? mkdir(to.c_str(), 0755) == 0 : MakeMountPoint(source, name);
  return made && BindMount(staged.c_str(), to.c_str(), kReadOnly);
}

bool ShowEntries(const char* from, const char* target, const char* source, Failure* failure) {
  DIR* const directory = opendir(from);
  if (directory == nullptr) return Fail(failure, "list an output directory", target);
  while (const dirent* entry = readdir(directory)) {
    if (IsDotName(entry->d_name)) continue;
    if (!ShowEntry(from, target, source, entry->d_name)) {
      return Fail(failure, "protect an input in an output directory", Path({target, "/", entry->d_name}).c_str());
    }
  }
  closedir(directory);
  return true;
}

bool Attach(const WritableDirectory& directory, const char* exec_root, Failure* failure) {
  const Path target = {exec_root, directory.path[0] != 0 ? "/" : "", directory.path};
  const bool has_inputs = !IsEmptyDirectory(target.c_str());
  // The staged directory is about to be covered: keep a second view of it. Views of earlier calls
  // are covered too; all of them vanish with the helper's root.
  if (has_inputs && !BindMount(target.c_str(), kViewDirectory, 0)) {
    return Fail(failure, "keep the inputs of an output directory", directory.path);
  }
  if (!BindMount(directory.source, target.c_str(), kWritable)) {
    return Fail(failure, "bind an output directory", directory.source);
  }
  return !has_inputs || ShowEntries(kViewDirectory, target.c_str(), directory.source, failure);
}

}  // namespace

bool AttachWritableDirectories(const ActionRequest& request, const char* exec_root,
                               Failure* failure) {
  for (size_t i = 0; i < request.writable_count; ++i) {
    if (!Attach(request.writable[i], exec_root, failure)) return false;
  }
  return true;
}

}  // namespace cow::sandbox
