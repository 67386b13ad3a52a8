#include "engine/sandbox/action_init.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

#include "engine/sandbox/action_request.h"
#include "engine/sandbox/action_steps.h"
#include "engine/sandbox/failure.h"
#include "engine/sandbox/input_staging.h"
#include "engine/sandbox/mounts.h"
#include "engine/sandbox/path.h"
#include "engine/sandbox/path_audit.h"
#include "engine/sandbox/privileges.h"
#include "engine/sandbox/read_watch.h"
#include "engine/sandbox/writable_directories.h"

namespace cow::sandbox {
namespace {

// A new pid namespace hides the parent's pid: only its pidfd tells whether it died before we asked
// the kernel to watch it.
bool DieWithHelper(int parent_pidfd, Failure* failure) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return Fail(failure, "tie the action to the helper");
  pollfd parent = {parent_pidfd, POLLIN, 0};
  if (poll(&parent, 1, 0) == 0) return true;
  errno = ESRCH;
  return Fail(failure, "find the helper alive");
}

bool MountScratch(const ActionStart& start, Failure* failure) {
  const uint64_t bytes = start.request->memory_bytes;
  if (chdir(start.root) != 0) return Fail(failure, "enter the root", start.root);
  if (start.tree == nullptr && !MountTmpfs("build", 0755, bytes)) return Fail(failure, "mount a tmpfs on /build");
  if (!MountTmpfs("tmp", 01777, bytes)) return Fail(failure, "mount a tmpfs on /tmp");
  if (!MountTmpfs("dev/shm", 01777, bytes)) return Fail(failure, "mount a tmpfs on /dev/shm");
  if ((start.request->flags & kWithProc) == 0) return true;
  // Read-only: files of /proc/sys belong to the host's root, who may be the one that runs us.
  if (mount("proc", "proc", "proc", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
    return Fail(failure, "mount /proc");
  }
  return true;
}

// Which inputs the action read, in memory that the engine sees.
class ReadReport {
 public:
  bool Prepare(const ActionStart& start, Failure* failure) {
    if (start.request->reads_offset == 0) return true;
    void* const file =
        mmap(nullptr, start.request_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, start.request_fd, 0);
    if (file == MAP_FAILED) return Fail(failure, "map the request for a report");
    reads_ = static_cast<uint8_t*>(file) + start.request->reads_offset;
    return true;
  }

  // The execution root is the current directory.
  void Watch(const ActionStart& start) {
    if (reads_ != nullptr && start.watch_fd >= 0) watch_.Start(*start.request, start.watch_fd);
  }

  // The last moment before the command: what was opened so far, the setup opened.
  void Begin() { watch_.Begin(kWatchFd); }

  // A process that outlives the command may still read.
  void Finish(const ActionRequest& request) {
    if (reads_ == nullptr) return;
    kill(-1, SIGKILL);
    while (wait4(-1, nullptr, 0, nullptr) > 0 || errno == EINTR) {
    }
    watch_.Report(request, reads_);
  }

 private:
  uint8_t* reads_ = nullptr;
  ReadWatch watch_;
};

// Leaves the execution root as the current directory, read-only unless the action may write to it.
bool Stage(const ActionStart& start, const Path& exec_root, Failure* failure) {
  if (chdir(start.tree != nullptr ? start.tree : exec_root.c_str()) != 0) return Fail(failure, "enter /build");
  if (!StageInputs(start.staged, *start.request, failure)) return false;
  if (start.tree != nullptr) {
    start.report->staged = true;
    if (!BindMount(".", exec_root.c_str(), kReadOnly) || chdir(exec_root.c_str()) != 0) {
      return Fail(failure, "show the inputs at /build");
    }
    return true;
  }
  const bool writable = (start.request->flags & kWritableRoot) != 0;
  return writable || MakeReadOnly(exec_root.c_str()) || Fail(failure, "make /build read-only");
}

bool FillExecRoot(const ActionStart& start, ReadReport& reads, Failure* failure) {
  const Path exec_root = {start.root, kExecRoot};
  if (!Stage(start, exec_root, failure) || !BindInputs(*start.request, failure)) return false;
  // Before output directories cover what was staged.
  reads.Watch(start);
  return AttachWritableDirectories(*start.request, exec_root.c_str(), failure);
}

bool LeaveHelperRoot(const ActionStart& start, Failure* failure) {
  // Not pivot_root: detaching the old root waits 0.2 ms for other processors. Out of a chroot lead a descriptor or a
  // working directory outside, which the command does not get, and capabilities, which it does not get back.
  if (chdir(start.root) != 0 || chroot(".") != 0 || chdir(kExecRoot) != 0) {
    return Fail(failure, "move into the root", start.root);
  }
  const char* const directory = start.request->working_directory;
  if (directory[0] != 0 && chdir(directory) != 0) {
    return Fail(failure, "enter the working directory", directory);
  }
  return true;
}

bool Prepare(const ActionStart& start, ReadReport& reads, Failure* failure) {
  if (!DieWithHelper(start.parent_pidfd, failure) || !EnterControlGroups(start, failure) ||
      !MountScratch(start, failure) ||
      !FillExecRoot(start, reads, failure) || !LeaveHelperRoot(start, failure) ||
      !ArrangeDescriptors(start, failure) || !SetLimits(*start.request, failure)) {
    return false;
  }
  return DropCapabilities(failure);
}

[[noreturn]] void EndWithoutCommand(const ActionRequest& request, int exec_error, ActionReport* report) {
  errno = exec_error;
  Fail(&report->failure, "execute", request.argv[0]);
  report->state = ActionReport::kExecFailed;
  _exit(1);
}

// Reaps everything until the command itself has ended.
[[noreturn]] void Reap(pid_t command, const ActionRequest& request, ReadReport& reads, const PathAudit& audit,
                       ActionReport* report) {
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGCHLD);
  sigaddset(&awaited, SIGTERM);
  for (;;) {
    int wait_status = 0;
    rusage usage;
    pid_t pid;
    while ((pid = wait4(-1, &wait_status, WNOHANG, &usage)) > 0) {
      if (pid != command) continue;
      if (audit.exec_error() != 0) EndWithoutCommand(request, audit.exec_error(), report);
      if (audit.blindness() != 0) {
        errno = audit.blindness();
        Fail(&report->failure, "read what an audited process asks for (kernel.yama.ptrace_scope?)");
        report->state = ActionReport::kSetupFailed;
        _exit(1);
      }
      reads.Finish(request);
      NoteEnd(wait_status, usage, report);
      report->state = ActionReport::kEnded;
      _exit(0);
    }
    siginfo_t info;
    // The sender of a signal from outside has no pid in here. The action's own SIGTERMs to us are
    // dropped.
    if (sigwaitinfo(&awaited, &info) == SIGTERM && info.si_pid == 0) kill(-1, SIGTERM);
  }
}

}  // namespace

uint64_t MonotonicMicroseconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000 + static_cast<uint64_t>(now.tv_nsec) / 1000;
}

void RunAsInit(const ActionStart& start) {
  ActionReport* const report = start.report;
  ReadReport reads;
  PathAudit audit;
  if (!reads.Prepare(start, &report->failure) || !audit.Prepare(start, &report->failure) || !Prepare(start, reads, &report->failure)) {
    report->state = ActionReport::kSetupFailed;
    _exit(1);
  }
  reads.Begin();
  volatile int exec_error = 0;
  report->started_us = MonotonicMicroseconds();
  report->state = ActionReport::kStarted;
  if (audit.wanted()) {
    const pid_t command = audit.Start(*start.request, &report->failure);
    if (command > 0) Reap(command, *start.request, reads, audit, report);
    report->state = ActionReport::kSetupFailed;
    _exit(1);
  }
  const pid_t command = vfork();
  if (command == 0) {  // shares memory with its parent until exec
    ExecCommand(*start.request);
    exec_error = errno;
    _exit(127);
  }
  if (command < 0) {
    Fail(&report->failure, "start a process", start.request->argv[0]);
    report->state = ActionReport::kSetupFailed;
    _exit(1);
  }
  if (exec_error != 0) EndWithoutCommand(*start.request, exec_error, report);
  Reap(command, *start.request, reads, audit, report);
}

}  // namespace cow::sandbox
