// The first process of an action in the tiers without namespaces: S2, S1, S0.
//
// Inputs are copied into a directory of the machine, the command runs in it under what the tier has (another root and
// user, Landlock, the system call filter), all of its processes are killed, and what it wrote is moved to where the
// engine looks for it. This process stays outside of what it puts the command under. SIGTERM is passed on; SIGUSR1 (the
// helper's last word, and its death) kills everything at once.
#pragma once

#include "engine/sandbox/action_init.h"
#include "engine/sandbox/tier.h"

namespace cow::sandbox {

struct PlainSetting {
  Tier tier;
  const char* scratch;  // a directory of the machine, on the file system of the outputs
  int slot;             // no two running actions have the same
};

// `start.root` and `start.parent_pidfd` are not used. The request is rewritten on the way.
[[noreturn]] void RunPlainAction(const ActionStart& start, const PlainSetting& setting, ActionRequest* request);

}  // namespace cow::sandbox
