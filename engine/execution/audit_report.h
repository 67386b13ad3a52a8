// What an action asked for and does not declare: `cow build --audit`.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/execution/failure_hints.h"
#include "engine/model/host_tree.h"

namespace cow::execution {

struct AuditScene {
  FailureScene scene{};
  // By exec path: an input or output of the action, or something above or inside one.
  std::function<bool(const std::string&)> is_declared{};
  HostTreePtr host_tree{};  // null: none
};

// Complete lines for people, `what` says which action it was; "" if it asked for nothing else. `asked` are absolute paths in
// the sandbox (SpawnResult::asked). Looks at files of the workspace and of this machine.
std::string DescribeAudit(std::string_view what, const std::vector<std::string>& asked, const AuditScene& scene);

}  // namespace cow::execution
