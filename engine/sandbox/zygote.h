// The helper after its setup: starts actions, watches their deadlines, reports how they ended.
#pragma once

#include "engine/sandbox/tier.h"

namespace cow::sandbox {

// Serves the engine on kSocketFd until it closes the other end, then kills all actions and exits.
// `helper_fd` is the helper's own executable; `scratch` an existing directory of the machine, for tiers without
// namespaces.
[[noreturn]] void ServeActions(Tier tier, const char* scratch, int helper_fd);

}  // namespace cow::sandbox
