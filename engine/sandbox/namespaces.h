// The namespaces that the helper enters once and all actions inherit.
#pragma once

#include <sys/types.h>

#include "engine/sandbox/protocol.h"

namespace cow::sandbox {

// New user, mount, network, ipc and uts namespaces; the caller becomes kInsideUid:kInsideGid with
// all capabilities inside, all mounts private, the host is called "cow". Loopback stays down.
bool EnterNamespaces(Failure* failure);

// The kernel kills this process when its parent dies. False if the parent is dead already.
// `expected_parent` is its process id as this process sees it.
bool DieWithParent(pid_t expected_parent);

}  // namespace cow::sandbox
