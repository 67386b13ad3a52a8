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
#include <csignal>
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
  // A root without namespaces has no /proc.
  return unexpected == 0 && found >= static_cast<int>(sizeof kExpected / sizeof *kExpected) - 1;
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

template <size_t kCount>
int Check(const Promise (&promises)[kCount]) {
  for (const Promise& promise : promises) {
    if (promise.holds) continue;
    printf("%s\n", promise.text);
    return 1;
  }
  return 0;
}

int RunCanaryWithNamespaces(bool with_proc, const char* writable, const char* input) {
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
  return Check(promises);
}

int RunCanaryWithoutNamespaces(bool own_root, const char* writable, const char* input) {
  const Promise promises[] = {
      {CanCreate(Path({writable, "/x"}).c_str()), "an output directory is writable"},
      {access(input, R_OK) == 0, "an input is readable"},
      {CannotCreate("x", EACCES), "the execution root is read-only"},
      {own_root || (opendir("/") == nullptr && errno == EACCES), "what was not declared cannot be read"},
      {own_root || CannotCreate("/tmp/cow-canary", EACCES), "nothing outside can be written"},
      {!own_root || (getuid() != 0 && CannotCreate("/x", EACCES)), "the user is not root"},
      {!own_root || OnlyOwnDirectoriesInRoot(), "the root holds nothing but the sandbox's own directories"},
      {socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EACCES && HasNoNetwork(), "there are no sockets"},
      {HasNoOtherDescriptors(), "no descriptors but 0, 1 and 2 are open"},
      {prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && chroot(".") != 0, "no privilege can be gained"},
      {kill(getppid(), 0) != 0 && errno == EPERM, "no other process can be signalled (Landlock of Linux 6.12)"},
  };
  return Check(promises);
}

}  // namespace

int RunCanary(const char* tier, const char* writable, const char* input) {
  if (strcmp(tier, "S2") == 0 || strcmp(tier, "S1") == 0) {
    return RunCanaryWithoutNamespaces(strcmp(tier, "S2") == 0, writable, input);
  }
  // S0 promises nothing.
  return strcmp(tier, "S0") == 0 ? 0 : RunCanaryWithNamespaces(strcmp(tier, "S3") == 0, writable, input);
}

}  // namespace cow::sandbox
