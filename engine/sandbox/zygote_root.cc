#include "engine/sandbox/zygote_root.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/sandbox/failure.h"
#include "engine/sandbox/mounts.h"
#include "engine/sandbox/path.h"

namespace cow::sandbox {
namespace {

constexpr char kOldRoot[] = "/.old";

// A new root must first be mounted somewhere. Whatever it covers there is seen again afterwards.
bool MountNewRoot(const char** where) {
  for (const char* place : {"/tmp", "/run", "/usr", "/dev"}) {
    *where = place;
    // Without a limit: the inputs of all actions lie in it, and nothing that an action writes.
    if (mount("tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=0,nr_inodes=0") == 0) return true;
    if (errno != ENOENT && errno != ENOTDIR) return false;
  }
  return false;
}

bool MakeDirectories(const char* path) {
  Path copy = {path};
  for (char* slash = copy.data() + 1;; ++slash) {
    slash = strchrnul(slash, '/');
    const char saved = *slash;
    *slash = 0;
    if (mkdir(copy.c_str(), 0755) != 0 && errno != EEXIST) return false;
    *slash = saved;
    if (saved == 0) return true;
  }
}

bool BindHostDirectory(const char* path, Failure* failure) {
  const Path to = {kHostPrefix, path};
  if (MakeDirectories(to.c_str()) && BindMount(Path({kOldRoot, path}).c_str(), to.c_str(), 0)) {
    return true;
  }
  return Fail(failure, "bind a directory of the host", path);
}

bool BindDevices(Failure* failure) {
  if (mkdir(kDeviceDirectory, 0755) != 0) return Fail(failure, "make a directory", "/.dev");
  for (const char* name : kDevices) {
    const Path from = {kOldRoot, "/dev/", name};
    const Path to = {kDeviceDirectory, "/", name};
    const int point = open(to.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
    if (point >= 0) close(point);
    // Read-only stops chmod of the host's node, not writing to the device.
    if (!BindMount(from.c_str(), to.c_str(), MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID)) {
      return Fail(failure, "bind a device", from.c_str() + strlen(kOldRoot));
    }
  }
  return true;
}

bool Fill(char** host_directories, Failure* failure) {
  for (; *host_directories != nullptr; ++host_directories) {
    if (!BindHostDirectory(*host_directories, failure)) return false;
  }
  if (mkdir(kProcDirectory, 0755) != 0 ||
      !BindMount(Path({kOldRoot, "/proc"}).c_str(), kProcDirectory, 0)) {
    return Fail(failure, "bind /proc");
  }
  if (mkdir(kViewDirectory, 0755) != 0) return Fail(failure, "make a directory", kViewDirectory);
  return BindDevices(failure);
}

}  // namespace

bool EnterZygoteRoot(char** host_directories, Failure* failure) {
  const char* place = nullptr;
  if (!MountNewRoot(&place)) return Fail(failure, "mount a tmpfs for the new root", place);
  if (mkdir(Path({place, kOldRoot}).c_str(), 0700) != 0 || chdir(place) != 0 ||
      syscall(SYS_pivot_root, ".", kOldRoot + 1) != 0 || chdir("/") != 0) {
    return Fail(failure, "move into the new root", place);
  }
  if (!Fill(host_directories, failure)) return false;
  if (umount2(kOldRoot, MNT_DETACH) != 0 || rmdir(kOldRoot) != 0) {
    return Fail(failure, "detach the host's root");
  }
  return true;
}

}  // namespace cow::sandbox
