#include "engine/sandbox/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>

#include "engine/sandbox/failure.h"

namespace cow::sandbox {
namespace {

bool WriteText(const char* path, const char* text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool done = write(fd, text, strlen(text)) == static_cast<ssize_t>(strlen(text));
  close(fd);
  return done;
}

bool MapIdentity(uid_t uid, gid_t gid, Failure* failure) {
  char line[64];
  if (!WriteText("/proc/self/setgroups", "deny")) {
    return Fail(failure, "write the group rule of the user namespace", "/proc/self/setgroups");
  }
  snprintf(line, sizeof line, "%u %u 1", kInsideUid, uid);
  if (!WriteText("/proc/self/uid_map", line)) {
    return Fail(failure, "map the user", "/proc/self/uid_map");
  }
  snprintf(line, sizeof line, "%u %u 1", kInsideGid, gid);
  if (!WriteText("/proc/self/gid_map", line)) {
    return Fail(failure, "map the group", "/proc/self/gid_map");
  }
  return true;
}

}  // namespace

bool EnterNamespaces(Failure* failure) {
  const uid_t uid = geteuid();
  const gid_t gid = getegid();
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) != 0) {
    return Fail(failure, "create namespaces (user, mount, network, ipc, uts)");
  }
  if (!MapIdentity(uid, gid, failure)) return false;
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return Fail(failure, "make the mounts private", "/");
  }
  if (sethostname("cow", 3) != 0 || setdomainname("(none)", 6) != 0) {
    return Fail(failure, "set the host name");
  }
  return true;
}

bool DieWithParent(pid_t expected_parent) {
  return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == expected_parent;
}

}  // namespace cow::sandbox
