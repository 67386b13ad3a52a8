// A second wall behind the namespaces, from another part of the kernel (Landlock): processes of actions may not signal
// processes outside, nor connect to abstract unix sockets or TCP ports outside. Installed once in the helper and
// inherited, so that it costs an action nothing. It restricts no file system access: that would forbid the helper to
// mount.
#pragma once

#include "engine/sandbox/protocol.h"

namespace cow::sandbox {

// True also if this kernel has no Landlock, or an old one that knows only a part of it.
// no_new_privs must be set.
bool ConfineToOwnProcesses(Failure* failure);

}  // namespace cow::sandbox
