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

// Makes the staged entry `from` appear at `to`, where nothing is yet.
bool ShowEntry(const char* from, const char* to) {
  struct stat info;
  if (lstat(from, &info) != 0) return false;
  if (S_ISLNK(info.st_mode)) return CopySymlink(from, to);
  if (S_ISDIR(info.st_mode)) {
    if (mkdir(to, 0755) != 0) return false;
  } else {
    const int point = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    if (point < 0) return false;
    close(point);
  }
  return BindMount(from, to, kReadOnly);
}

bool ShowEntries(const char* from, const char* to, Failure* failure) {
  DIR* const directory = opendir(from);
  if (directory == nullptr) return Fail(failure, "list an output directory", to);
  while (const dirent* entry = readdir(directory)) {
    if (IsDotName(entry->d_name)) continue;
    const Path target = {to, "/", entry->d_name};
    if (!ShowEntry(Path({from, "/", entry->d_name}).c_str(), target.c_str())) {
      return Fail(failure, "protect an input in an output directory", target.c_str());
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
  return !has_inputs || ShowEntries(kViewDirectory, target.c_str(), failure);
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
