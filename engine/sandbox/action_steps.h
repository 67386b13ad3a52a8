// Steps of starting an action that are the same in all tiers.
#pragma once

#include <sys/resource.h>

#include "engine/sandbox/action_init.h"
#include "engine/sandbox/action_request.h"

namespace cow::sandbox {

// First of all, so that what is staged is counted, too.
bool EnterControlGroups(const ActionStart& start, Failure* failure);

// Where an action's first process has the inotify instance of its reads, until exec.
inline constexpr int kWatchFd = 3;

// Leaves 0, 1 and 2; and for the canary the helper's own executable, at kHelperCopyFd, until exec; and start.watch_fd at
// kWatchFd.
bool ArrangeDescriptors(const ActionStart& start, Failure* failure);

bool SetLimits(const ActionRequest& request, Failure* failure);

// Replaces this process with the command. Returns on failure only, with errno.
void ExecCommand(const ActionRequest& request);

// Notes how the command ended. The state is left to the caller.
void NoteEnd(int wait_status, const rusage& usage, ActionReport* report);

}  // namespace cow::sandbox
