// Puts the inputs of an action into its execution root.
//
// Files are copied or bound, never linked: two inputs with equal bytes must stay two files, because
// compilers and archivers treat one inode as one file (README.md). Entries are made in the order of the request, since
// that is the order in which some file systems list them.
#pragma once

#include "engine/sandbox/action_request.h"
#include "engine/sandbox/protocol.h"

namespace cow::sandbox {

// Makes the current directory what `request` wants: all inputs, but only mount points for those that are to be bound,
// and the (still empty) writable directories. It holds what an earlier call staged for `staged`; null: nothing. What
// both have stays as it is, and the order of entries in each directory is that of a new one. Every directory changed
// gets the time kEpoch1980. On failure it is not known what is there.
bool StageInputs(const ActionRequest* staged, const ActionRequest& request, Failure* failure);

// Shows inputs at the mount points that StageInputs made, in the current directory.
bool BindInputs(const ActionRequest& request, Failure* failure);

// Stages all inputs as copies in the empty current directory, for tiers that cannot mount.
bool CopyInputs(const ActionRequest& request, Failure* failure);

}  // namespace cow::sandbox
