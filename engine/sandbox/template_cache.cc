#include "engine/sandbox/template_cache.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/sandbox/failure.h"
#include "engine/sandbox/root_template.h"

namespace cow::sandbox {
namespace {

void Remove(const char* path) {
  umount2(path, MNT_DETACH);
  rmdir(path);
}

}  // namespace

const char* TemplateCache::Find(const char* host_tree, Failure* failure) {
  struct stat info = {};
  const bool has_tree = host_tree[0] != 0;
  if (has_tree && stat(host_tree, &info) != 0) {
    Fail(failure, "find the host tree", host_tree);
    return nullptr;
  }
  for (const Entry& entry : entries_) {
    if (entry.path[0] != 0 && strcmp(entry.host_tree, host_tree) == 0 &&
        entry.device == info.st_dev && entry.inode == info.st_ino) {
      return entry.path;
    }
  }
  Entry& entry = entries_[next_ % kCapacity];
  if (strlen(host_tree) >= sizeof entry.host_tree) {
    errno = ENAMETOOLONG;
    Fail(failure, "use the host tree", host_tree);
    return nullptr;
  }
  // Running actions have copies of these mounts and do not notice.
  if (entry.path[0] != 0) Remove(entry.path);
  snprintf(entry.path, sizeof entry.path, "/%u", next_++);
  if (!BuildRootTemplate(entry.path, host_tree, failure)) {
    Remove(entry.path);
    entry.path[0] = 0;
    return nullptr;
  }
  snprintf(entry.host_tree, sizeof entry.host_tree, "%s", host_tree);
  entry.device = info.st_dev;
  entry.inode = info.st_ino;
  return entry.path;
}

}  // namespace cow::sandbox
