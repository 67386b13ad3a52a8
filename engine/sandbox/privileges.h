// Giving up what a process may do.
#pragma once

#include "engine/sandbox/protocol.h"

namespace cow::sandbox {

// For the helper, once: no program that is executed from here on can gain anything (no_new_privs,
// empty bounding and ambient sets), no core files, fixed addresses where the kernel lets us.
bool ForbidGainingPrivileges(Failure* failure);

// The part of that which needs no privilege itself: for actions of tiers without a user namespace.
bool ForbidNewPrivileges(Failure* failure);

// For an action, when its root is ready: no capabilities, and not to be traced by its children.
bool DropCapabilities(Failure* failure);

}  // namespace cow::sandbox
