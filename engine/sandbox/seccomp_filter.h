// The system calls that actions are refused. What is refused, and why, is the table in the .cc.
#pragma once

#include "engine/sandbox/protocol.h"

namespace cow::sandbox {

// Installs the filter for this process and all its descendants. Needs no_new_privs.
bool InstallSeccompFilter(Failure* failure);

}  // namespace cow::sandbox
