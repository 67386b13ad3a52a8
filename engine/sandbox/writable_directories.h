// The places of an action's execution root where it may write.
//
// Each is a directory on disk that the engine made and later collects from. What was staged below
// such a place stays visible: every entry of the staged directory is bound over it, read-only, so
// an input beside an output can be neither changed nor removed nor replaced (it is a mount point).
// Symlinks, which cannot be mount points, are copied and so can be replaced; nothing else sees that.
#pragma once

#include "engine/sandbox/action_request.h"
#include "engine/sandbox/protocol.h"

namespace cow::sandbox {

// `exec_root` holds the staged inputs and is read-only already. Directories are attached in the
// order of the request: a parent before what is below it.
bool AttachWritableDirectories(const ActionRequest& request, const char* exec_root,
                               Failure* failure);

}  // namespace cow::sandbox
