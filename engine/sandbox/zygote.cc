#include "engine/sandbox/zygote.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <initializer_list>
#include <new>

#include "engine/sandbox/action_init.h"
#include "engine/sandbox/action_request.h"
#include "engine/sandbox/failure.h"
#include "engine/sandbox/input_trees.h"
#include "engine/sandbox/network_pool.h"
#include "engine/sandbox/plain_action.h"
#include "engine/sandbox/template_cache.h"
#include "engine/sandbox/undertaker.h"

namespace cow::sandbox {
namespace {

constexpr int kLastWordMilliseconds = 5000;
constexpr uint32_t kFixedDescriptors = 3;  // request, stdout, stderr

struct Action {
  uint64_t id = 0;
  int pidfd = -1;  // -1: this slot is free
  int network = -1;
  int mounts = -1;  // its mount namespace, or -1
  int tree = InputTrees::kNone;
  LoadedRequest request = {};
  uint64_t arrived_us = 0;
  uint64_t stop_at_us = 0;  // when to send SIGTERM; 0: never
  uint64_t kill_at_us = 0;  // when to send SIGKILL; 0: not yet known
  uint32_t grace_ms = 0;
  Outcome stop_reason = Outcome::kEnded;  // kEnded: not stopped by us
};

union Message {
  MessageType type;
  Run run;
  Cancel cancel;
};

class Zygote {
 public:
  Zygote(Tier tier, const char* scratch, int helper_fd)
      : tier_(tier),
        scratch_(scratch),
        helper_fd_(helper_fd),
        own_pidfd_(static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0))),
        reports_(static_cast<ActionReport*>(mmap(nullptr, kMaxActions * sizeof(ActionReport),
                                                 PROT_READ | PROT_WRITE,
                                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    for (int& watch : watches_) watch = -1;
  }

  bool Prepare(Hello* hello) {
    if (own_pidfd_ < 0) return Fail(&hello->failure, "open the helper's process");
    if (reports_ == MAP_FAILED) return Fail(&hello->failure, "map memory for reports");
    if (HasNamespaces()) hello->undertaker = undertaker_.Start(own_pidfd_, &hello->failure);
    return hello->undertaker >= 0;
  }

  [[noreturn]] void Serve() {
    for (;;) {
      const int ready = WaitForEvent();
      if (ready < 0) continue;
      for (int i = 1; i <= polled_count_; ++i) {
        if (polled_[i].revents != 0) ReportEnd(polled_actions_[i]);
      }
      EnforceDeadlines();
      if (polled_[0].revents != 0) ReadMessage();
    }
  }

 private:
  bool HasNamespaces() const { return tier_ == Tier::kNamespaces; }

  // Without a pid namespace, the death of an action's first process would not be that of the others: it kills them
  // itself.
  void SendSignal(const Action& action, int signal) const {
    if (signal == SIGKILL && !HasNamespaces()) signal = SIGUSR1;
    syscall(SYS_pidfd_send_signal, action.pidfd, signal, nullptr, 0);
  }

  int WaitForEvent() {
    polled_[0] = {kSocketFd, POLLIN, 0};
    polled_count_ = 0;
    uint64_t wake_at = UINT64_MAX;
    for (int slot = 0; slot < kMaxActions; ++slot) {
      const Action& action = actions_[slot];
      if (action.pidfd < 0) continue;
      polled_[++polled_count_] = {action.pidfd, POLLIN, 0};
      polled_actions_[polled_count_] = slot;
      for (const uint64_t at : {action.stop_at_us, action.kill_at_us}) {
        if (at != 0 && at < wake_at) wake_at = at;
      }
    }
    timespec timeout = {};
    const uint64_t now = MonotonicMicroseconds();
    if (wake_at > now && wake_at != UINT64_MAX) {
      timeout.tv_sec = static_cast<time_t>((wake_at - now) / 1000000);
      timeout.tv_nsec = static_cast<long>((wake_at - now) % 1000000 * 1000);
    }
    const auto count = static_cast<nfds_t>(polled_count_) + 1;
    return ppoll(polled_, count, wake_at == UINT64_MAX ? nullptr : &timeout, nullptr);
  }

  void EnforceDeadlines() {
    const uint64_t now = MonotonicMicroseconds();
    for (Action& action : actions_) {
      if (action.pidfd < 0) continue;
      if (action.stop_at_us != 0 && action.stop_at_us <= now) Stop(action, Outcome::kTimedOut);
      if (action.kill_at_us != 0 && action.kill_at_us <= now) {
        SendSignal(action, SIGKILL);
        action.kill_at_us = 0;
      }
    }
  }

  void Stop(Action& action, Outcome reason) {
    if (action.stop_reason != Outcome::kEnded) return;
    action.stop_reason = reason;
    action.stop_at_us = 0;
    action.kill_at_us = MonotonicMicroseconds() + uint64_t{action.grace_ms} * 1000;
    SendSignal(action, SIGTERM);
  }

  void ReadMessage() {
    Message message = {};
    iovec bytes = {&message, sizeof message};
    alignas(cmsghdr) char control[CMSG_SPACE(kMaxRunDescriptors * sizeof(int))];
    msghdr header = {};
    header.msg_iov = &bytes;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    const ssize_t got = recvmsg(kSocketFd, &header, MSG_CMSG_CLOEXEC);
    if (got < 0 && errno == EINTR) return;
    if (got <= 0) KillAllAndExit();
    if (message.type == MessageType::kCancel && got == sizeof(Cancel)) {
      for (Action& action : actions_) {
        if (action.pidfd >= 0 && action.id == message.cancel.id) Stop(action, Outcome::kCancelled);
      }
      return;
    }
    const cmsghdr* const attached = CMSG_FIRSTHDR(&header);
    if (message.type != MessageType::kRun || got != sizeof(Run) ||
        message.run.version != kVersion || attached == nullptr ||
        message.run.entrances > kMaxEntrances || message.run.has_stdin > 1 ||
        attached->cmsg_len != CMSG_LEN(DescriptorCount(message.run) * sizeof(int))) {
      KillAllAndExit();  // the other side is no engine of ours
    }
    int fds[kMaxRunDescriptors];
    memcpy(fds, CMSG_DATA(attached), DescriptorCount(message.run) * sizeof(int));
    StartAction(message.run, fds);
    for (uint32_t i = 0; i < DescriptorCount(message.run); ++i) close(fds[i]);
  }

  static uint32_t DescriptorCount(const Run& run) {
    return kFixedDescriptors + run.entrances + run.has_stdin;
  }

  void StartAction(const Run& run, const int* fds) {
    Action action;
    action.id = run.id;
    action.arrived_us = MonotonicMicroseconds();
    action.grace_ms = run.grace_ms;
    if (run.timeout_ms != 0) {
      action.stop_at_us = action.arrived_us + uint64_t{run.timeout_ms} * 1000;
    }
    Failure failure = {};
    const int slot = FindFreeSlot();
    if (slot < 0) {
      errno = EAGAIN;
      Fail(&failure, "run that many actions at once");
    } else if (Launch(run, fds, slot, &action, &failure)) {
      actions_[slot] = action;
      return;
    }
    Result result = {};
    result.outcome = Outcome::kSetupFailed;
    result.failure = failure;
    Send(action, &result);
  }

  int FindFreeSlot() const {
    for (int slot = 0; slot < kMaxActions; ++slot) {
      if (actions_[slot].pidfd < 0) return slot;
    }
    return -1;
  }

  bool Launch(const Run& run, const int* fds, int slot, Action* action, Failure* failure) {
    if (!LoadRequest(fds[0], run.request_bytes, &action->request, failure)) return false;
    ActionRequest& request = action->request.request;
    const bool started = HasNamespaces() ? Clone(request, run, fds, slot, action, failure)
                                         : ClonePlain(request, run, fds, slot, action, failure);
    if (!started) FreeRequest(&action->request);
    return started;
  }

  ActionStart StartOf(const ActionRequest& request, const Run& run, const int* fds, int slot) const {
    return {.request = &request,
            .root = "",
            .tree = nullptr,
            .staged = nullptr,
            .request_fd = fds[0],
            .request_bytes = run.request_bytes,
            .stdin_fd = run.has_stdin != 0 ? fds[kFixedDescriptors + run.entrances] : -1,
            .stdout_fd = fds[1],
            .stderr_fd = fds[2],
            .entrances = fds + kFixedDescriptors,
            .entrance_count = run.entrances,
            .helper_fd = helper_fd_,
            .parent_pidfd = own_pidfd_,
            .watch_fd = -1,
            .report = &reports_[slot]};
  }

  bool ClonePlain(ActionRequest& request, const Run& run, const int* fds, int slot, Action* action,
                  Failure* failure) {
    reports_[slot] = {};
    const unsigned long flags = CLONE_PIDFD | SIGCHLD;
    const long pid = syscall(SYS_clone, flags, nullptr, &action->pidfd, nullptr, 0);
    if (pid == 0) {
      RunPlainAction(StartOf(request, run, fds, slot), {.tier = tier_, .scratch = scratch_, .slot = slot},
                     &request);
    }
    if (pid > 0) return true;
    action->pidfd = -1;
    return Fail(failure, "start a process for an action");
  }

  bool Clone(const ActionRequest& request, const Run& run, const int* fds, int slot, Action* action,
             Failure* failure) {
    const char* const root = templates_.Find(request.host_tree, failure);
    if (root == nullptr) return false;
    action->network = networks_.Enter(failure);
    if (action->network < 0) return false;
    reports_[slot] = {};
    action->tree = trees_.Take(request);
    const int watch = request.reads_offset != 0 ? WatchFor(action->tree, slot) : -1;
    const unsigned long flags =
        CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_PIDFD | SIGCHLD;
    const long pid = syscall(SYS_clone, flags, nullptr, &action->pidfd, nullptr, 0);
    if (pid == 0) {
      ActionStart start = StartOf(request, run, fds, slot);
      start.root = root;
      if (action->tree != InputTrees::kNone) {
        start.tree = trees_.Directory(action->tree);
        start.staged = trees_.Content(action->tree);
      }
      start.watch_fd = watch;
      RunAsInit(start);
    }
    if (pid > 0) {
      action->mounts = Undertaker::Hold(static_cast<pid_t>(pid));
      return true;
    }
    action->pidfd = -1;
    Fail(failure, "create namespaces (mount, pid, ipc) for an action");
    networks_.Release(action->network);
    if (action->tree != InputTrees::kNone) trees_.Return(action->tree, nullptr);
    return false;
  }

  int WatchFor(int tree, int slot) {
    if (tree != InputTrees::kNone) return trees_.Watch(tree);
    if (watches_[slot] < 0) watches_[slot] = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    return watches_[slot];
  }

  // The kernel lets a pid 1 be waited for only when all of its namespace is dead.
  void ReportEnd(int slot) {
    Action& action = actions_[slot];
    const ActionReport& report = reports_[slot];
    siginfo_t ignored = {};
    waitid(P_PIDFD, static_cast<id_t>(action.pidfd), &ignored, WEXITED);
    close(action.pidfd);
    if (action.network >= 0) networks_.Release(action.network);
    Result result = {};
    result.outcome = OutcomeOf(action, report);
    result.wait_status = report.wait_status;
    result.user_us = report.user_us;
    result.system_us = report.system_us;
    result.max_rss_kib = report.max_rss_kib;
    if (report.started_us != 0) result.setup_us = report.started_us - action.arrived_us;
    result.failure = report.failure;
    Send(action, &result);
    undertaker_.Bury(action.mounts);
    if (action.tree != InputTrees::kNone) trees_.Return(action.tree, report.staged ? &action.request : nullptr);
    FreeRequest(&action.request);
    action = Action();
  }

  static Outcome OutcomeOf(const Action& action, const ActionReport& report) {
    if (action.stop_reason != Outcome::kEnded) return action.stop_reason;
    switch (report.state) {
      case ActionReport::kSetupFailed:
        return Outcome::kSetupFailed;
      case ActionReport::kExecFailed:
        return Outcome::kExecFailed;
      case ActionReport::kEnded:
        return Outcome::kEnded;
      case ActionReport::kNothing:
      case ActionReport::kStarted:
        break;
    }
    return Outcome::kKilled;
  }

  void Send(const Action& action, Result* result) {
    result->id = action.id;
    result->wall_us = MonotonicMicroseconds() - action.arrived_us;
    while (send(kSocketFd, result, sizeof *result, MSG_NOSIGNAL) < 0) {
      if (errno != EINTR) KillAllAndExit();
    }
  }

  [[noreturn]] void KillAllAndExit() {
    for (const Action& action : actions_) {
      if (action.pidfd >= 0) SendSignal(action, SIGKILL);
    }
    for (const Action& action : actions_) {
      pollfd end = {action.pidfd, POLLIN, 0};
      if (!HasNamespaces() && action.pidfd >= 0) poll(&end, 1, kLastWordMilliseconds);
    }
    _exit(0);
  }

  const Tier tier_;
  const char* const scratch_;
  const int helper_fd_;
  const int own_pidfd_;
  ActionReport* const reports_;
  TemplateCache templates_;
  NetworkPool networks_;
  InputTrees trees_;
  Undertaker undertaker_;
  Action actions_[kMaxActions];
  int watches_[kMaxActions];  // inotify instances of actions without a tree that report reads; -1: none yet
  pollfd polled_[kMaxActions + 1];
  int polled_actions_[kMaxActions + 1];
  int polled_count_ = 0;
};

}  // namespace

void ServeActions(Tier tier, const char* scratch, int helper_fd) {
  alignas(Zygote) static char storage[sizeof(Zygote)];
  Zygote* const zygote = new (storage) Zygote(tier, scratch, helper_fd);
  Hello hello = {};
  const bool ready = zygote->Prepare(&hello);
  if (send(kSocketFd, &hello, sizeof hello, MSG_NOSIGNAL) != sizeof hello || !ready) _exit(1);
  zygote->Serve();
}

}  // namespace cow::sandbox
