#include "engine/sandbox/plain_action.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "engine/sandbox/action_request.h"
#include "engine/sandbox/action_steps.h"
#include "engine/sandbox/chroot_tree.h"
#include "engine/sandbox/copy_tree.h"
#include "engine/sandbox/failure.h"
#include "engine/sandbox/input_staging.h"
#include "engine/sandbox/landlock_rules.h"
#include "engine/sandbox/output_move.h"
#include "engine/sandbox/path.h"
#include "engine/sandbox/privileges.h"
#include "engine/sandbox/process_sweep.h"
#include "engine/sandbox/seccomp_filter.h"

namespace cow::sandbox {
namespace {

// Users of S2: one for each action that runs, so that no two can touch each other's processes and files.
constexpr uid_t kFirstUser = 61100;

constexpr const char* kDevicesToUse[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};
// What programs of S1 may read of the machine besides the top directories of their host tree.
constexpr const char* kSettings[] = {"/etc/ld.so.cache", "/etc/alternatives", "/etc/passwd", "/etc/group",
                                     "/etc/nsswitch.conf", "/etc/localtime"};

class PlainAction {
 public:
  PlainAction(const ActionStart& start, const PlainSetting& setting, ActionRequest* request)
      : start_(start),
        setting_(setting),
        request_(*request),
        root_({setting.scratch, "/slot-", Number(setting.slot).c_str(), Chroots() ? "/root" : ""}),
        exec_({root_.c_str(), kExecRoot}),
        tmp_({root_.c_str(), "/tmp"}) {}

  [[noreturn]] void Run() {
    ActionReport* const report = start_.report;
    if (!Prepare(&report->failure)) End(ActionReport::kSetupFailed);
    report->started_us = MonotonicMicroseconds();
    report->state = ActionReport::kStarted;
    command_ = fork();
    if (command_ == 0) Command();
    if (command_ < 0) {
      Fail(&report->failure, "start a process");
      End(ActionReport::kSetupFailed);
    }
    Wait();
    errno = EBUSY;
    if (!KillDescendants()) Fail(&report->failure, "kill the processes of the action");
    // Set by the child, if it did not come so far as to run the command.
    if (report->failure.error != 0) End(report->state == ActionReport::kExecFailed ? report->state : ActionReport::kSetupFailed);
    const bool moved = chdir(exec_.c_str()) == 0 && MoveOutputs(request_, Chroots(), &report->failure);
    End(moved ? ActionReport::kEnded : ActionReport::kSetupFailed);
  }

 private:
  struct Number {
    explicit Number(int value) { snprintf(text, sizeof text, "%d", value); }
    const char* c_str() const { return text; }
    char text[16];
  };

  bool Chroots() const { return setting_.tier == Tier::kChroot; }

  [[noreturn]] void End(ActionReport::State state) {
    start_.report->state = state;
    _exit(0);
  }

  bool Prepare(Failure* failure) {
    if (prctl(PR_SET_PDEATHSIG, SIGUSR1) != 0 || !AdoptOrphans()) return Fail(failure, "tie the action to the helper");
    if (!EnterControlGroups(start_, failure)) return false;
    UseHostPaths();
    // Whatever an earlier action of this slot left is gone before this one begins.
    if (!MakeDirectory(Path({setting_.scratch, "/slot-", Number(setting_.slot).c_str()}).c_str(), 0700, failure)) return false;
    if (Chroots() && !PrepareChroot(root_.c_str(), request_.host_tree, failure)) return false;
    if (!RemoveTree(exec_.c_str()) || !RemoveTree(tmp_.c_str())) return Fail(failure, "remove what an action left", root_.c_str());
    if (!MakeDirectory(exec_.c_str(), 0755, failure) || !MakeDirectory(tmp_.c_str(), 01777, failure)) return false;
    if (chdir(exec_.c_str()) != 0) return Fail(failure, "enter the execution root");
    return CopyInputs(request_, failure) && (!Chroots() || GiveAway(failure));
  }

  // In these tiers the helper sees the machine as it is.
  void UseHostPaths() {
    const size_t prefix = strlen(kHostPrefix);
    if (request_.host_tree[0] != 0) request_.host_tree += prefix;
    for (size_t i = 0; i < request_.input_count; ++i) {
      Input& input = request_.inputs[i];
      if (input.kind != InputKind::kSymlink && input.kind != InputKind::kDirectory) input.source += prefix;
    }
    for (size_t i = 0; i < request_.writable_count; ++i) request_.writable[i].source += prefix;
  }

  static bool MakeDirectory(const char* path, mode_t mode, Failure* failure) {
    if (mkdir(path, mode) == 0 || errno == EEXIST) return true;
    return Fail(failure, "make a directory", path);
  }

  uid_t User() const { return kFirstUser + static_cast<uid_t>(setting_.slot); }

  bool GiveAway(Failure* failure) {
    if ((request_.flags & kWritableRoot) != 0 && chown(".", User(), User()) != 0) return Fail(failure, "give away /build");
    for (size_t i = 0; i < request_.writable_count; ++i) {
      const char* const path = request_.writable[i].path;
      if (lchown(path[0] != 0 ? path : ".", User(), User()) != 0) return Fail(failure, "give away an output directory", path);
    }
    return true;
  }

  // Returns when the command has ended, or everything was killed.
  void Wait() {
    sigset_t awaited;
    sigemptyset(&awaited);
    for (const int signal : {SIGCHLD, SIGTERM, SIGUSR1}) sigaddset(&awaited, signal);
    for (;;) {
      int status = 0;
      rusage usage;
      pid_t pid;
      while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
        if (pid != command_) continue;
        NoteEnd(status, usage, start_.report);
        return;
      }
      const int signal = sigwaitinfo(&awaited, nullptr);
      if (signal == SIGTERM) SignalDescendants(SIGTERM);
      if (signal == SIGUSR1) {
        KillDescendants();
        _exit(0);  // the helper knows why
      }
    }
  }

  [[noreturn]] void Command() {
    ActionReport* const report = start_.report;
    if (Confine(&report->failure)) {
      ExecCommand(request_);
      Fail(&report->failure, "execute", request_.argv[0]);
      report->state = ActionReport::kExecFailed;
    }
    _exit(127);
  }

  bool Confine(Failure* failure) {
    if (Chroots() && !ChangeRootAndUser(failure)) return false;
    if (!Chroots()) PointTmpdir();
    const char* const directory = request_.working_directory;
    if (directory[0] != 0 && chdir(directory) != 0) return Fail(failure, "enter the working directory", directory);
    const bool none = setting_.tier == Tier::kNone;
    // Only root has capabilities to give up, and in S1 it is root still.
    const bool root = geteuid() == 0;
    if (!none && !(root ? ForbidGainingPrivileges(failure) : ForbidNewPrivileges(failure))) return false;
    if (!none && !ApplyRules(failure)) return false;
    if (!ArrangeDescriptors(start_, failure) || !SetLimits(request_, failure)) return false;
    return none || ((!root || DropCapabilities(failure)) && InstallSeccompFilter(SocketRule::kNone, failure));
  }

  bool ChangeRootAndUser(Failure* failure) {
    if (chroot(root_.c_str()) != 0 || chdir(kExecRoot) != 0) return Fail(failure, "change the root", root_.c_str());
    if (setgroups(0, nullptr) != 0 || setresgid(User(), User(), User()) != 0 || setresuid(User(), User(), User()) != 0) {
      return Fail(failure, "change the user");
    }
    return true;
  }

  void PointTmpdir() {
    static char text[PATH_MAX + 8];
    snprintf(text, sizeof text, "TMPDIR=%s", tmp_.c_str());
    for (char** entry = request_.env; *entry != nullptr; ++entry) {
      if (strncmp(*entry, "TMPDIR=", 7) == 0) *entry = text;
    }
  }

  bool ApplyRules(Failure* failure) {
    LandlockRules rules;
    if (!rules.Start(failure)) {
      // The other user and root of S2 hold without it.
      return Chroots() && failure->error == ENOSYS && (*failure = Failure(), true);
    }
    const char* const exec = Chroots() ? kExecRoot : exec_.c_str();
    if ((request_.flags & kCanary) != 0 && !rules.AllowExecuting(start_.helper_fd, failure)) return false;
    if (Chroots() ? !rules.AllowReading("/", failure) : !AllowHostTree(&rules, failure)) return false;
    for (const char* device : kDevicesToUse) {
      if (!rules.AllowDevice(device, failure)) return false;
    }
    if (!rules.AllowReading(exec, failure) || !rules.AllowWriting(Chroots() ? "/tmp" : tmp_.c_str(), failure)) return false;
    if ((request_.flags & kWritableRoot) != 0 && !rules.AllowWriting(exec, failure)) return false;
    for (size_t i = 0; i < request_.writable_count; ++i) {
      if (!rules.AllowWriting(Path({exec, "/", request_.writable[i].path}).c_str(), failure)) return false;
    }
    return rules.Apply(failure);
  }

  // The same places of the machine itself.
  bool AllowHostTree(LandlockRules* rules, Failure* failure) {
    if (request_.host_tree[0] == 0) return true;
    for (const char* path : kSettings) {
      if (!rules->AllowReading(path, failure)) return false;
    }
    return ForEachTopEntry(request_.host_tree, [&](const char* name) {
      return rules->AllowReading(Path({"/", name}).c_str(), failure);
    });
  }

  const ActionStart& start_;
  const PlainSetting& setting_;
  ActionRequest& request_;
  const Path root_;
  const Path exec_;
  const Path tmp_;
  pid_t command_ = -1;
};

}  // namespace

void RunPlainAction(const ActionStart& start, const PlainSetting& setting, ActionRequest* request) {
  PlainAction(start, setting, request).Run();
}

}  // namespace cow::sandbox
