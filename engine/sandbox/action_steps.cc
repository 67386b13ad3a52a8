#include "engine/sandbox/action_steps.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

#include "engine/sandbox/failure.h"

namespace cow::sandbox {
namespace {

constexpr int kHelperCopyFd = 3;  // of the canary only; closed by exec

bool SetLimit(__rlimit_resource resource, uint64_t value) {
  if (value == 0) return true;
  const rlimit limit = {value, value};
  return setrlimit(resource, &limit) == 0;
}

}  // namespace

bool EnterControlGroups(const ActionStart& start, Failure* failure) {
  for (uint32_t i = 0; i < start.entrance_count; ++i) {
    if (write(start.entrances[i], "0", 1) != 1) return Fail(failure, "enter a control group");
  }
  return true;
}

bool ArrangeDescriptors(const ActionStart& start, Failure* failure) {
  const int input = start.stdin_fd >= 0 ? start.stdin_fd : open("/dev/null", O_RDONLY);
  if (input < 0) return Fail(failure, "open /dev/null");
  const bool canary = (start.request->flags & kCanary) != 0;
  const bool watched = start.watch_fd >= 0 && !canary;
  // 3 is a copy of the helper's socket, so all sources are above: no target overwrites a source.
  if (dup2(input, 0) < 0 || dup2(start.stdout_fd, 1) < 0 || dup2(start.stderr_fd, 2) < 0 ||
      (canary && dup3(start.helper_fd, kHelperCopyFd, O_CLOEXEC) < 0) ||
      (watched && dup3(start.watch_fd, kWatchFd, O_CLOEXEC) < 0) ||
      syscall(SYS_close_range, canary || watched ? kHelperCopyFd + 1 : kHelperCopyFd, ~0U, 0) != 0) {
    return Fail(failure, "arrange the descriptors");
  }
  return true;
}

bool SetLimits(const ActionRequest& request, Failure* failure) {
  if (!SetLimit(RLIMIT_FSIZE, request.max_file_bytes) || !SetLimit(RLIMIT_NOFILE, request.max_open_files) ||
      ((request.flags & kLimitEachProcess) != 0 && !SetLimit(RLIMIT_DATA, request.memory_bytes))) {
    return Fail(failure, "set the resource limits");
  }
  umask(022);
  return true;
}

void ExecCommand(const ActionRequest& request) {
  sigset_t none;
  sigemptyset(&none);
  setsid();
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if ((request.flags & kTerminal) != 0) ioctl(0, TIOCSCTTY, 0);
  if ((request.flags & kCanary) != 0) {
    syscall(SYS_execveat, kHelperCopyFd, "", request.argv, request.env, AT_EMPTY_PATH);
  } else {
    execve(request.argv[0], request.argv, request.env);
  }
}

void NoteEnd(int wait_status, const rusage& usage, ActionReport* report) {
  const auto microseconds = [](const timeval& time) {
    return static_cast<uint64_t>(time.tv_sec) * 1000000 + static_cast<uint64_t>(time.tv_usec);
  };
  report->wait_status = wait_status;
  report->user_us = microseconds(usage.ru_utime);
  report->system_us = microseconds(usage.ru_stime);
  report->max_rss_kib = static_cast<uint64_t>(usage.ru_maxrss);
}

}  // namespace cow::sandbox
