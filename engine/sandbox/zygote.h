// The helper after its setup: starts actions, watches their deadlines, reports how they ended.
#pragma once

namespace cow::sandbox {

// Serves the engine on kSocketFd until it closes the other end, then kills all actions and exits.
// `helper_fd` is the helper's own executable.
[[noreturn]] void ServeActions(int helper_fd);

}  // namespace cow::sandbox
