// Lists the paths that the processes of an action ask the kernel for: what they open, look at and execute, whether it
// is there or not.
//
// A system call filter stops each such call until a process of ours has noted the path. The call then goes on as if
// nothing had been: what is noted is what was in memory at that moment, so a process that means to deceive can. It
// tells people about declarations; nothing is enforced by it.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "engine/sandbox/action_init.h"
#include "engine/sandbox/action_request.h"
#include "engine/sandbox/failure.h"

namespace cow::sandbox {

class PathAudit {
 public:
  // Before the descriptors are arranged. Nothing happens without kAudit.
  bool Prepare(const ActionStart& start, Failure* failure);

  bool wanted() const { return shared_ != nullptr; }

  // Starts the command and its watcher. Returns the command's pid, or -1.
  pid_t Start(const ActionRequest& request, Failure* failure);

  // errno of an exec that failed, or 0. The command is dead.
  int exec_error() const { return shared_ == nullptr ? 0 : shared_->exec_error; }

  // errno if the watcher may not read what processes ask for, or 0.
  int blindness() const { return shared_ == nullptr ? 0 : shared_->blindness; }

 private:
  // Seen by the command until exec, by us, and by the watcher.
  struct Shared {
    volatile int listener;  // 0: not yet there; less: -errno
    volatile int exec_error;
    volatile int blindness;
  };

  [[noreturn]] void RunCommand(const ActionRequest& request) const;
  bool AwaitListener(pid_t command) const;

  Shared* shared_ = nullptr;
  uint8_t* log_ = nullptr;  // kAuditBytes of the request file
};

}  // namespace cow::sandbox
