// The end of all processes of an action in tiers without a pid namespace.
#pragma once

namespace cow::sandbox {

// Makes the calling process the parent of whatever its descendants leave behind.
bool AdoptOrphans();

// Kills and reaps all descendants of the calling process, which must have called AdoptOrphans, until there are none.
// Needs /proc of the host. False if that does not end (they multiply faster than they die).
bool KillDescendants();

// Sends a signal to the children of the calling process and to their process groups.
void SignalDescendants(int signal);

}  // namespace cow::sandbox
