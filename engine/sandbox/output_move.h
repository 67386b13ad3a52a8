// Brings what an action of a tier without namespaces wrote to the directories where the engine looks for it.
#pragma once

#include "engine/sandbox/action_request.h"

namespace cow::sandbox {

// The current directory is the execution root; all processes of the action are dead. Entries that were inputs go along;
// the engine knows them. No symlink that the action made is followed. With `take_over`, everything becomes the caller's.
bool MoveOutputs(const ActionRequest& request, bool take_over, Failure* failure);

}  // namespace cow::sandbox
