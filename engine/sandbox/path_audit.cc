#include "engine/sandbox/path_audit.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <initializer_list>

#include "engine/sandbox/action_steps.h"

namespace cow::sandbox {
namespace {

constexpr int kNoDirectory = -1;
// SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, of Linux 5.19.
constexpr unsigned long kWaitKillable = 1UL << 5;

// System calls that name a file, with the places of their arguments.
struct NamingCall {
  int number;
  int directory;  // kNoDirectory: the working directory
  int path;
};

constexpr NamingCall kNamingCalls[] = {
    {SYS_openat, 0, 1},     {SYS_openat2, 0, 1},    {SYS_newfstatat, 0, 1}, {SYS_statx, 0, 1},
    {SYS_faccessat, 0, 1},  {SYS_faccessat2, 0, 1}, {SYS_readlinkat, 0, 1}, {SYS_execveat, 0, 1},
    {SYS_execve, kNoDirectory, 0},
#if defined(__x86_64__)
    {SYS_open, kNoDirectory, 0},   {SYS_stat, kNoDirectory, 0},     {SYS_lstat, kNoDirectory, 0},
    {SYS_access, kNoDirectory, 0}, {SYS_readlink, kNoDirectory, 0},
#endif
};
constexpr size_t kNamingCallCount = sizeof kNamingCalls / sizeof kNamingCalls[0];

// The descriptor on which such calls are announced, or -1.
int InstallFilter() {
  sock_filter code[2 * kNamingCallCount + 2];
  size_t count = 0;
  code[count++] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
  for (const NamingCall& call : kNamingCalls) {
    code[count++] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(call.number), 0, 1);
    code[count++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
  }
  code[count++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  sock_fprog program = {static_cast<unsigned short>(count), code};
  // Signals that do not kill wait, too, if the kernel can do that.
  for (const unsigned long flags : {SECCOMP_FILTER_FLAG_NEW_LISTENER | kWaitKillable, SECCOMP_FILTER_FLAG_NEW_LISTENER}) {
    const long listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    if (listener >= 0 || errno != EINVAL) return static_cast<int>(listener);
  }
  return -1;
}

// Notes each path once, as long as there is room.
class PathLog {
 public:
  explicit PathLog(uint8_t* log) : log_(log) {}

  void Add(const char* path) {
    const size_t length = strlen(path) + 1;
    if (kAuditHeader + used_ + length > kAuditBytes || IsKnown(path)) return;
    memcpy(log_ + kAuditHeader + used_, path, length);
    used_ += length;
    memcpy(log_, &used_, sizeof used_);
  }

 private:
  static constexpr size_t kSlots = 1 << 16;

  // By a hash only: of two paths with one, the second is not noted.
  bool IsKnown(const char* path) {
    static uint64_t seen[kSlots];
    uint64_t hash = 0xcbf29ce484222325;
    for (; *path != 0; ++path) hash = (hash ^ static_cast<unsigned char>(*path)) * 0x100000001b3;
    if (hash == 0) hash = 1;
    for (size_t i = 0; i < 64; ++i) {
      uint64_t& slot = seen[(hash + i) % kSlots];
      if (slot == hash) return true;
      if (slot != 0) continue;
      slot = hash;
      return false;
    }
    return false;
  }

  uint8_t* const log_;
  uint64_t used_ = 0;
};

class Watcher {
 public:
  Watcher(int listener, uint8_t* log, volatile int* blindness) : listener_(listener), log_(log), blindness_(blindness) {}

  [[noreturn]] void Serve() {
    for (;;) {
      seccomp_notif call = {};
      if (ioctl(listener_, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) {
        if (errno == EINTR || errno == ENOENT) continue;  // ENOENT: the caller was killed meanwhile
        _exit(0);
      }
      Note(call);
      seccomp_notif_resp answer = {};
      answer.id = call.id;
      answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
      ioctl(listener_, SECCOMP_IOCTL_NOTIF_SEND, &answer);
    }
  }

 private:
  void Note(const seccomp_notif& call) {
    for (const NamingCall& naming : kNamingCalls) {
      if (naming.number != call.data.nr) continue;
      char* const name = path_ + kLongestPath;  // the second half
      errno = 0;
      if (!ReadName(call.pid, call.data.args[naming.path], name)) {
        // The command itself cannot be read before its exec, which is its first call.
        const bool is_exec = naming.number == SYS_execve || naming.number == SYS_execveat;
        if (!is_exec && (errno == EPERM || errno == EACCES)) *blindness_ = errno;
        return;
      }
      if (name[0] == 0) return;
      if (name[0] == '/') {
        log_.Add(name);
        return;
      }
      const int directory = naming.directory == kNoDirectory ? AT_FDCWD : static_cast<int>(call.data.args[naming.directory]);
      if (Join(call.pid, directory, name)) log_.Add(path_);
      return;
    }
  }

  static bool ReadName(uint32_t pid, uint64_t address, char* name) {
    char place[64];
    snprintf(place, sizeof place, "/proc/%u/mem", pid);
    const int memory = open(place, O_RDONLY | O_CLOEXEC);
    if (memory < 0) return false;
    // Up to the end of a page at a time: the next one may not be there.
    size_t got = 0;
    bool ended = false;
    while (!ended && got < kLongestPath) {
      const size_t page_left = 4096 - (address + got) % 4096;
      const size_t want = page_left < kLongestPath - got ? page_left : kLongestPath - got;
      const ssize_t read = pread(memory, name + got, want, static_cast<off_t>(address + got));
      if (read <= 0) break;
      ended = memchr(name + got, 0, static_cast<size_t>(read)) != nullptr;
      got += static_cast<size_t>(read);
    }
    close(memory);
    return ended;
  }

  // Puts the directory before the name.
  bool Join(uint32_t pid, int directory, const char* name) {
    char place[64];
    if (directory == AT_FDCWD) {
      snprintf(place, sizeof place, "/proc/%u/cwd", pid);
    } else {
      snprintf(place, sizeof place, "/proc/%u/fd/%d", pid, directory);
    }
    const ssize_t length = readlink(place, path_, kLongestPath - 1);
    if (length <= 0 || path_[0] != '/') return false;
    path_[length] = '/';
    const size_t name_length = strlen(name) + 1;
    memmove(path_ + length + 1, name, name_length);
    return true;
  }

  static constexpr size_t kLongestPath = 4096;

  const int listener_;
  PathLog log_;
  volatile int* const blindness_;
  char path_[2 * kLongestPath + 1];
};

}  // namespace

bool PathAudit::Prepare(const ActionStart& start, Failure* failure) {
  if ((start.request->flags & kAudit) == 0) return true;
  void* const file = mmap(nullptr, start.request_bytes + kAuditBytes, PROT_READ | PROT_WRITE, MAP_SHARED,
                          start.request_fd, 0);
  void* const shared = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (file == MAP_FAILED || shared == MAP_FAILED) return Fail(failure, "map memory for an audit");
  log_ = static_cast<uint8_t*>(file) + start.request_bytes;
  shared_ = static_cast<Shared*>(shared);
  return true;
}

void PathAudit::RunCommand(const ActionRequest& request) const {
  const int listener = InstallFilter();
  shared_->listener = listener >= 0 ? listener : -errno;
  if (listener >= 0) {
    ExecCommand(request);
    shared_->exec_error = errno;
  }
  _exit(127);
}

bool PathAudit::AwaitListener(pid_t command) const {
  while (shared_->listener == 0) {
    siginfo_t ended = {};
    if (waitid(P_PID, static_cast<id_t>(command), &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid != 0) return false;
    const timespec pause = {0, 50'000};
    nanosleep(&pause, nullptr);
  }
  if (shared_->listener > 0) return true;
  errno = -shared_->listener;
  return false;
}

pid_t PathAudit::Start(const ActionRequest& request, Failure* failure) {
  // They share descriptors until exec: that is how the listener gets here.
  const auto command = static_cast<pid_t>(syscall(SYS_clone, CLONE_FILES | SIGCHLD, nullptr, nullptr, nullptr, 0));
  if (command == 0) RunCommand(request);
  if (command < 0 || !AwaitListener(command)) {
    Fail(failure, "watch what an action asks for");
    return -1;
  }
  const pid_t watcher = fork();
  if (watcher == 0) Watcher(shared_->listener, log_, &shared_->blindness).Serve();
  if (watcher < 0) {
    Fail(failure, "start a process that watches an action");
    return -1;
  }
  close(shared_->listener);
  return command;
}

}  // namespace cow::sandbox
