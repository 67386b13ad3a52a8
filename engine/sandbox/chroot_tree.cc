#include "engine/sandbox/chroot_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/sandbox/copy_tree.h"
#include "engine/sandbox/failure.h"
#include "engine/sandbox/path.h"
#include "engine/sandbox/root_template.h"

namespace cow::sandbox {
namespace {

struct Device {
  const char* path;
  unsigned minor;
};

constexpr Device kDeviceNodes[] = {
    {"/dev/null", 3}, {"/dev/zero", 5}, {"/dev/full", 7}, {"/dev/random", 8}, {"/dev/urandom", 9}};
constexpr unsigned kMemoryDevices = 1;

// Which host tree a finished root is of: a symlink beside it.
bool IsFor(const char* marker, const char* host_tree) {
  char text[PATH_MAX];
  const ssize_t length = readlink(marker, text, sizeof text - 1);
  if (length < 0) return false;
  text[length] = 0;
  return strcmp(text, host_tree) == 0;
}

bool Fill(const char* root, const char* host_tree, Failure* failure) {
  for (const char* name : {"", "/build", "/dev", "/etc", "/tmp"}) {
    if (mkdir(Path({root, name}).c_str(), 0755) != 0) return Fail(failure, "make a directory of the root", name);
  }
  for (const Device& device : kDeviceNodes) {
    const Path path = {root, device.path};
    if (mknod(path.c_str(), S_IFCHR | 0666, makedev(kMemoryDevices, device.minor)) != 0 || chmod(path.c_str(), 0666) != 0) {
      return Fail(failure, "make a device", device.path);
    }
  }
  if (host_tree[0] != 0) {
    const Path etc = {host_tree, "/etc"};
    const bool shown = ForEachTopEntry(host_tree, [&](const char* name) {
      return LinkEntry(Path({host_tree, "/", name}).c_str(), Path({root, "/", name}).c_str());
    });
    if (!shown) return Fail(failure, "link the host tree", host_tree);
    if (access(etc.c_str(), F_OK) == 0 && !CopyTree(etc.c_str(), Path({root, "/etc"}).c_str())) {
      return Fail(failure, "copy /etc of the host tree", etc.c_str());
    }
  }
  return WriteEtcFiles(root, failure);
}

}  // namespace

bool IsOwnName(const char* name) {
  for (const char* each : {".", "..", "build", "dev", "etc", "proc", "sys", "tmp"}) {
    if (strcmp(each, name) == 0) return true;
  }
  return false;
}

bool PrepareChroot(const char* root, const char* host_tree, Failure* failure) {
  // A symlink cannot be empty.
  const char* const name = host_tree[0] != 0 ? host_tree : "none";
  const Path marker = {root, ".tree"};
  if (IsFor(marker.c_str(), name)) return true;
  unlink(marker.c_str());
  if (!RemoveTree(root)) return Fail(failure, "remove an old root", root);
  if (!Fill(root, host_tree, failure)) return false;
  return symlink(name, marker.c_str()) == 0 || Fail(failure, "mark a root as complete", marker.c_str());
}

}  // namespace cow::sandbox
