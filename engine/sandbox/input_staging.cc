#include "engine/sandbox/input_staging.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "engine/sandbox/copy_tree.h"
#include "engine/sandbox/failure.h"
#include "engine/sandbox/mounts.h"

namespace cow::sandbox {
namespace {

void SetTime(int directory, const char* path, int64_t seconds) {
  const timespec time = {.tv_sec = seconds, .tv_nsec = 0};
  const timespec times[2] = {time, time};
  utimensat(directory, path, times, AT_SYMLINK_NOFOLLOW);
}

// Makes directories, and remembers them so that their times can be set when they are complete.
class DirectoryMaker {
 public:
  // Makes the first `length` bytes of `path` a directory, with all above it.
  bool Make(const char* path, size_t length) {
    if (last_ != nullptr && strncmp(last_, path, length) == 0 && last_[length] == 0) return true;
    char* const text = strndup(path, length);
    if (text == nullptr) return false;
    for (char* slash = text + KnownPrefix(text);;) {
      slash = strchrnul(slash, '/');
      const char saved = *slash;
      *slash = 0;
      if (mkdir(text, 0755) == 0) {
        if (!Remember(text)) return false;
      } else if (errno != EEXIST) {
        return false;
      }
      *slash = saved;
      if (saved == 0) break;
      ++slash;
    }
    free(last_);
    last_ = text;
    return true;
  }

  bool MakeParent(const char* path) {
    const char* const slash = strrchr(path, '/');
    return slash == nullptr || Make(path, static_cast<size_t>(slash - path));
  }

  void SetTimes() {
    for (size_t i = 0; i < count_; ++i) SetTime(AT_FDCWD, made_[i], kEpoch1980);
    SetTime(AT_FDCWD, ".", kEpoch1980);
  }

 private:
  // Where in `path` the first component starts that the last call did not make.
  size_t KnownPrefix(const char* path) const {
    if (last_ == nullptr) return 0;
    size_t known = 0;
    for (size_t i = 0;; ++i) {
      const bool ends = path[i] == 0 || path[i] == '/';
      if (ends && (last_[i] == 0 || last_[i] == '/') && path[i] != 0) known = i + 1;
      if (path[i] != last_[i] || path[i] == 0) return known;
    }
  }

  bool Remember(const char* path) {
    if (count_ == capacity_) {
      capacity_ = capacity_ * 2 + 64;
      made_ = static_cast<char**>(realloc(made_, capacity_ * sizeof *made_));
      if (made_ == nullptr) return false;
    }
    made_[count_] = strdup(path);
    return made_[count_++] != nullptr;
  }

  char* last_ = nullptr;
  char** made_ = nullptr;
  size_t count_ = 0;
  size_t capacity_ = 0;
};

bool CopyFile(const Input& input, mode_t mode, Failure* failure) {
  const int from = open(input.source, O_RDONLY | O_CLOEXEC);
  if (from < 0) return Fail(failure, "open the source of an input", input.source);
  const int to = open(input.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (to < 0) return Fail(failure, "create an input", input.path);
  if (!CopyBytes(from, to)) return Fail(failure, "copy an input", input.path);
  const timespec times[2] = {{.tv_sec = input.mtime, .tv_nsec = 0},
                             {.tv_sec = input.mtime, .tv_nsec = 0}};
  if (futimens(to, times) != 0) return Fail(failure, "set the time of an input", input.path);
  close(from);
  close(to);
  return true;
}

bool BindFile(const Input& input, Failure* failure) {
  const int point = open(input.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
  if (point < 0) return Fail(failure, "create an input", input.path);
  close(point);
  if (BindMount(input.source, input.path, kReadOnly)) return true;
  return Fail(failure, "bind an input", input.source);
}

bool CopyTreeInput(const Input& input, DirectoryMaker& directories, Failure* failure) {
  const bool done = directories.Make(input.path, strlen(input.path)) && CopyTree(input.source, input.path);
  return done || Fail(failure, "copy an input tree", input.path);
}

bool Stage(const Input& input, DirectoryMaker& directories, bool can_mount, Failure* failure) {
  if (!directories.MakeParent(input.path)) {
    return Fail(failure, "make the directory of an input", input.path);
  }
  switch (input.kind) {
    case InputKind::kCopy:
      return CopyFile(input, 0444, failure);
    case InputKind::kCopyExecutable:
      return CopyFile(input, 0555, failure);
    case InputKind::kBindFile:
      return can_mount ? BindFile(input, failure) : CopyFile(input, 0444, failure);
    case InputKind::kBindTree:
      if (!can_mount) return CopyTreeInput(input, directories, failure);
      if (!directories.Make(input.path, strlen(input.path)) ||
          !BindMount(input.source, input.path, kReadOnly)) {
        return Fail(failure, "bind an input tree", input.path);
      }
      return true;
    case InputKind::kSymlink:
      if (symlink(input.source, input.path) != 0) {
        return Fail(failure, "make an input symlink", input.path);
      }
      SetTime(AT_FDCWD, input.path, input.mtime);
      return true;
    case InputKind::kDirectory:
      if (directories.Make(input.path, strlen(input.path))) return true;
      return Fail(failure, "make an input directory", input.path);
  }
  return false;
}

bool StageAll(const ActionRequest& request, bool can_mount, Failure* failure) {
  DirectoryMaker directories;
  for (size_t i = 0; i < request.input_count; ++i) {
    if (!Stage(request.inputs[i], directories, can_mount, failure)) return false;
  }
  for (size_t i = 0; i < request.writable_count; ++i) {
    const char* const path = request.writable[i].path;
    if (path[0] != 0 && !directories.Make(path, strlen(path))) {
      return Fail(failure, "make an output directory", path);
    }
  }
  directories.SetTimes();
  return true;
}

}  // namespace

bool StageInputs(const ActionRequest& request, Failure* failure) { return StageAll(request, true, failure); }

bool CopyInputs(const ActionRequest& request, Failure* failure) { return StageAll(request, false, failure); }

}  // namespace cow::sandbox
