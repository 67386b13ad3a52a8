// Keeps what a failed action saw and left, for people: `cow build --sandbox_debug`.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/execution/prepared_action.h"
#include "engine/execution/spawn_runner.h"
#include "engine/model/action.h"

namespace cow::execution {

// Writes a directory for the action below <workspace_root>/cow-out/sandbox-debug, in place of the one of its last failure:
// `sandbox.txt` describes the sandbox, `outputs/` has copies of what is in `spawn.writable`. Returns notes on both, and the
// command that enters such a sandbox.
absl::StatusOr<std::string> KeepFailedSandbox(const std::string& workspace_root, const Action& action,
                                              const PreparedAction& prepared, const Spawn& spawn,
                                              const SpawnResult& result);

}  // namespace cow::execution
