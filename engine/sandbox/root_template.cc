#include "engine/sandbox/root_template.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/sandbox/chroot_tree.h"
#include "engine/sandbox/copy_tree.h"
#include "engine/sandbox/failure.h"
#include "engine/sandbox/mounts.h"
#include "engine/sandbox/zygote_root.h"

namespace cow::sandbox {
namespace {

struct TextFile {
  const char* name;
  const char* text;
};

constexpr TextFile kEtcFiles[] = {
    {"passwd",
     "root:x:0:0:root:/nonexistent:/bin/sh\n"
     "cow:x:1000:1000:cow:/nonexistent:/bin/sh\n"
     "nobody:x:65534:65534:nobody:/nonexistent:/bin/sh\n"},
    {"group", "root:x:0:\ncow:x:1000:\nnogroup:x:65534:\n"},
    {"hosts", "127.0.0.1 localhost\n::1 localhost\n"},
    {"nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"},
};

constexpr const char* kOwnDirectories[] = {"build", "dev", "dev/shm", "etc", "proc", "tmp"};

struct Link {
  const char* name;
  const char* target;
};

constexpr Link kDeviceLinks[] = {
    {"dev/fd", "/proc/self/fd"},
    {"dev/stdin", "/proc/self/fd/0"},
    {"dev/stdout", "/proc/self/fd/1"},
    {"dev/stderr", "/proc/self/fd/2"},
};

void SetFixedTime(const char* path) {
  const timespec times[2] = {{.tv_sec = kEpoch1980, .tv_nsec = 0},
                             {.tv_sec = kEpoch1980, .tv_nsec = 0}};
  utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
}

bool WriteTextFile(const char* path, const char* text) {
  unlink(path);
  const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
  if (fd < 0) return false;
  const bool done = write(fd, text, strlen(text)) == static_cast<ssize_t>(strlen(text));
  close(fd);
  SetFixedTime(path);
  return done;
}

// Shows one entry of the host tree under the same name in the current directory.
bool ShowHostEntry(const char* host_tree, const char* name) {
  const Path from = {host_tree, "/", name};
  struct stat info;
  if (lstat(from.c_str(), &info) != 0) return false;
  if (S_ISLNK(info.st_mode)) {
    char target[PATH_MAX];
    const ssize_t length = readlink(from.c_str(), target, sizeof target - 1);
    if (length < 0) return false;
    target[length] = 0;
    if (symlink(target, name) != 0) return false;
    SetFixedTime(name);
    return true;
  }
  if (S_ISDIR(info.st_mode)) {
    if (mkdir(name, 0755) != 0) return false;
  } else {
    const int point = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    if (point < 0) return false;
    close(point);
  }
  return BindMount(from.c_str(), name, kReadOnly);
}

bool ShowHostTree(const char* host_tree, Failure* failure) {
  DIR* const directory = opendir(host_tree);
  if (directory == nullptr) return Fail(failure, "open the host tree", host_tree);
  while (const dirent* entry = readdir(directory)) {
    if (IsOwnName(entry->d_name) || ShowHostEntry(host_tree, entry->d_name)) continue;
    Fail(failure, "show an entry of the host tree", Path({host_tree, "/", entry->d_name}).c_str());
    closedir(directory);
    return false;
  }
  closedir(directory);
  const Path etc = {host_tree, "/etc"};
  if (access(etc.c_str(), F_OK) != 0) return true;
  return CopyTree(etc.c_str(), "etc") || Fail(failure, "copy /etc of the host tree", etc.c_str());
}

bool FillDevices(Failure* failure) {
  for (const char* name : kDevices) {
    const Path to = {"dev/", name};
    const int point = open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    if (point >= 0) close(point);
    if (!BindMount(Path({kDeviceDirectory, "/", name}).c_str(), to.c_str(), 0)) {
      return Fail(failure, "bind a device", to.c_str());
    }
  }
  for (const Link& link : kDeviceLinks) {
    if (symlink(link.target, link.name) != 0) {
      return Fail(failure, "link a device", link.name);
    }
  }
  return true;
}

bool Fill(const char* host_tree, Failure* failure) {
  for (const char* name : kOwnDirectories) {
    if (mkdir(name, 0755) != 0) return Fail(failure, "make a directory of the root", name);
  }
  if (host_tree[0] != 0 && !ShowHostTree(host_tree, failure)) return false;
  if (!WriteEtcFiles(".", failure)) return false;
  if (!FillDevices(failure)) return false;
  for (const char* name : kOwnDirectories) SetFixedTime(name);
  SetFixedTime(".");
  return true;
}

}  // namespace

bool WriteEtcFiles(const char* root, Failure* failure) {
  for (const TextFile& file : kEtcFiles) {
    if (!WriteTextFile(Path({root, "/etc/", file.name}).c_str(), file.text)) {
      return Fail(failure, "write a file of /etc", file.name);
    }
  }
  return true;
}

bool BuildRootTemplate(const char* path, const char* host_tree, Failure* failure) {
  if (mkdir(path, 0755) != 0 || !MountTmpfs(path, 0755, 0) || chdir(path) != 0) {
    return Fail(failure, "mount a tmpfs for a root", path);
  }
  const bool filled = Fill(host_tree, failure);
  if (chdir("/") != 0) return Fail(failure, "return to the helper's root");
  if (!filled) return false;
  return MakeReadOnly(path) || Fail(failure, "make a root read-only", path);
}

}  // namespace cow::sandbox
