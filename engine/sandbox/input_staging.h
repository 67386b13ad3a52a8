// Puts the inputs of an action into its execution root, in the order of the request.
//
// Files are copied or bound, never linked: two inputs with equal bytes must stay two files, because
// compilers and archivers treat one inode as one file (README.md).
#pragma once

#include "engine/sandbox/action_request.h"
#include "engine/sandbox/protocol.h"

namespace cow::sandbox {

// Stages all inputs, and creates the (still empty) writable directories. The execution root is the
// current directory and writable. Every directory made gets the time kEpoch1980.
bool StageInputs(const ActionRequest& request, Failure* failure);

// The same with copies only, for tiers that cannot mount.
bool CopyInputs(const ActionRequest& request, Failure* failure);

}  // namespace cow::sandbox
