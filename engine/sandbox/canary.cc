#include "engine/sandbox/canary.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>

#include "engine/sandbox/path.h"
#include "engine/sandbox/protocol.h"

namespace cow::sandbox {
namespace {

bool OnlyOwnDirectoriesInRoot() {
  DIR* const root = opendir("/");
  if (root == nullptr) return false;
  constexpr const char* kExpected[] = {".", "..", "build", "dev", "etc", "proc", "tmp"};
  int found = 0;
  int unexpected = 0;
  while (const dirent* entry = readdir(root)) {
    bool known = false;
    for (const char* name : kExpected) known = known || strcmp(name, entry->d_name) == 0;
    ++(known ? found : unexpected);
  }
  closedir(root);
  return unexpected == 0 && found == static_cast<int>(sizeof kExpected / sizeof *kExpected);
}

bool CannotCreate(const char* path, int expected_error) {
  return open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644) < 0 && errno == expected_error;
}

bool CanCreate(const char* path) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  const bool done = fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0;
  return done && unlink(path) == 0;
}

bool RunsInExecRoot() {
  char directory[PATH_MAX];
  return getcwd(directory, sizeof directory) != nullptr && strcmp(directory, kExecRoot) == 0;
}

bool HasNoNetwork() {
  for (const int family : {AF_INET, AF_INET6, AF_NETLINK, AF_PACKET}) {
    if (socket(family, SOCK_DGRAM, 0) >= 0 || errno != EACCES) return false;
  }
  return true;
}

bool HasNoOtherDescriptors() {
  for (int fd = 3; fd < 64; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0) return false;
  }
  return true;
}

bool CannotGainPrivileges() {
  return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && unshare(CLONE_NEWUSER) != 0 &&
         mount("tmpfs", "/tmp", "tmpfs", 0, nullptr) != 0 && sethostname("x", 1) != 0;
}

struct Promise {
  bool holds;
  const char* text;
};

}  // namespace

int RunCanary(bool with_proc, const char* writable, const char* input) {
  const Promise promises[] = {
      {OnlyOwnDirectoriesInRoot(), "the root holds nothing but the sandbox's own directories"},
      {RunsInExecRoot(), "the working directory is /build"},
      {getuid() == kInsideUid && getgid() == kInsideGid, "the user is 1000:1000"},
      {getppid() == 1, "the action has a pid namespace of its own"},
      {CannotCreate("/build/x", EROFS), "/build is read-only"},
      {CannotCreate("/x", EROFS), "the root is read-only"},
      {CanCreate("/tmp/x"), "/tmp is writable"},
      {CanCreate(Path({writable, "/x"}).c_str()), "an output directory is writable"},
      {access(input, R_OK) == 0, "an input is readable"},
      {chmod(input, 0666) != 0 && errno == EROFS, "an input is read-only"},
      {unlink(input) != 0, "an input in an output directory cannot be removed"},
      {HasNoNetwork(), "there are no sockets but unix sockets"},
      {HasNoOtherDescriptors(), "no descriptors but 0, 1 and 2 are open"},
      {CannotGainPrivileges(), "no privilege can be gained"},
      {(access("/proc/self/fd/0", F_OK) == 0) == with_proc, "/proc is there if and only if asked"},
  };
  for (const Promise& promise : promises) {
    if (promise.holds) continue;
    printf("%s\n", promise.text);
    return 1;
  }
  return 0;
}

}  // namespace cow::sandbox
