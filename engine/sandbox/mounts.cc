#include "engine/sandbox/mounts.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>

namespace cow::sandbox {
namespace {

void CloseKeepingErrno(int fd) {
  const int saved = errno;
  close(fd);
  errno = saved;
}

}  // namespace

int CloneMount(const char* path, uint64_t attributes) {
  const int mount = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
  if (mount < 0 || attributes == 0) return mount;
  struct mount_attr wanted = {};
  wanted.attr_set = attributes;
  if (mount_setattr(mount, "", AT_EMPTY_PATH | AT_RECURSIVE, &wanted, sizeof wanted) != 0) {
    CloseKeepingErrno(mount);
    return -1;
  }
  return mount;
}

bool AttachMount(int mount, const char* to) {
  const bool done = move_mount(mount, "", AT_FDCWD, to, MOVE_MOUNT_F_EMPTY_PATH) == 0;
  CloseKeepingErrno(mount);
  return done;
}

bool BindMount(const char* from, const char* to, uint64_t attributes) {
  const int mount = CloneMount(from, attributes);
  return mount >= 0 && AttachMount(mount, to);
}

bool MakeReadOnly(const char* path) {
  struct mount_attr wanted = {};
  wanted.attr_set = MOUNT_ATTR_RDONLY;
  return mount_setattr(AT_FDCWD, path, 0, &wanted, sizeof wanted) == 0;
}

bool MountTmpfs(const char* path, unsigned mode, uint64_t bytes) {
  char options[64];
  if (bytes == 0) {
    snprintf(options, sizeof options, "mode=%o", mode);
  } else {
    snprintf(options, sizeof options, "mode=%o,size=%" PRIu64, mode, bytes);
  }
  return mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, options) == 0;
}

}  // namespace cow::sandbox
