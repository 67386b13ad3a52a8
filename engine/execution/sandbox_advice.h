// Tells the user why no sandbox can be made on this machine, and what to change.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "engine/sandbox/protocol.h"

namespace cow::execution {

// What the machine says about itself; gathered apart so that the advice can be tested.
struct SandboxHostFacts {
  bool in_container = false;
  std::string userns_clone{};     // kernel.unprivileged_userns_clone, or "" if there is none
  std::string max_namespaces{};   // user.max_user_namespaces
  std::string apparmor_userns{};  // kernel.apparmor_restrict_unprivileged_userns, or ""

  static SandboxHostFacts OfThisMachine();
};

// "could not <step>: <reason of the system> ('<detail>')".
std::string DescribeSandboxFailure(const sandbox::Failure& failure);

// kFailedPrecondition with that text and one line of advice.
absl::Status SandboxSetupError(const sandbox::Failure& failure, const SandboxHostFacts& facts);

}  // namespace cow::execution
