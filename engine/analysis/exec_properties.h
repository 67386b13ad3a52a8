// Exec properties: what actions of a target tell the machine that runs them: properties of the execution platform under
// those of the target, by exec group. They are properties of the REAPI platform, and so part of every action's key.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/starlark/value.h"

namespace cow::analysis {

using ExecProperties = std::map<std::string, std::string>;

// The value of an attribute `exec_properties`, unset for none. Failure: a plain message about a name that cow keeps for
// itself.
absl::StatusOr<ExecProperties> ExecPropertiesOf(starlark::Value attribute);

// Those of the actions of `group` ("" = the rule itself). In `platform` and `target` "group.name" is for one group only
// and wins over "name", which is for all; `target` wins over `platform`.
ExecProperties PropertiesOfGroup(const ExecProperties& platform, const ExecProperties& target, std::string_view group);

// Fails if `target` names a group that is not one of `groups`.
absl::Status CheckExecGroups(const ExecProperties& target, const std::vector<std::string>& groups);

}  // namespace cow::analysis
