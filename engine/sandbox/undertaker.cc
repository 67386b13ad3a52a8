#include "engine/sandbox/undertaker.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "engine/sandbox/failure.h"
#include "engine/sandbox/zygote_root.h"

namespace cow::sandbox {
namespace {

constexpr int kMostUnburied = 100;

// Ends with the helper. Its last act, as of every process, is to give up what it holds.
[[noreturn]] void BuryAll(int source, int helper) {
  pollfd events[] = {{source, POLLIN, 0}, {helper, POLLIN, 0}};
  while (events[1].revents == 0) {
    int mount_namespace;
    if (poll(events, 2, -1) > 0 && events[0].revents != 0 &&
        read(source, &mount_namespace, sizeof mount_namespace) == sizeof mount_namespace) {
      close(mount_namespace);
    }
  }
  _exit(0);
}

}  // namespace

pid_t Undertaker::Start(int helper, Failure* failure) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    Fail(failure, "make a pipe");
    return -1;
  }
  to_bury_ = ends[1];
  fcntl(to_bury_, F_SETFL, O_NONBLOCK);
  const long pid = syscall(SYS_clone, CLONE_FILES | CLONE_PARENT, nullptr, nullptr, nullptr, 0);
  if (pid == 0) BuryAll(ends[0], helper);
  if (pid < 0) Fail(failure, "start a process");
  return static_cast<pid_t>(pid);
}

int Undertaker::Hold(pid_t pid) {
  char path[48];
  snprintf(path, sizeof path, "%s/%d/ns/mnt", kProcDirectory, pid);
  return open(path, O_RDONLY | O_CLOEXEC);
}

void Undertaker::Bury(int mount_namespace) {
  if (mount_namespace < 0) return;
  // Of a process that is behind, or dead, the helper does the work: there are not many descriptors.
  int waiting = 0;
  const bool is_behind = ioctl(to_bury_, FIONREAD, &waiting) != 0 || waiting >= kMostUnburied * int{sizeof mount_namespace};
  if (is_behind || write(to_bury_, &mount_namespace, sizeof mount_namespace) != sizeof mount_namespace) close(mount_namespace);
}

}  // namespace cow::sandbox
