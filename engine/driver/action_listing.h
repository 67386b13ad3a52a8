// How `cow query --at=action` writes actions.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/build_plan.h"
#include "engine/query/action_filter.h"

namespace cow::driver {

// The actions of `plan` for which `wanted` holds and that every filter accepts, in the order of the plan. `format`:
// text, json (one object a line) or label (the targets that declared them). kInvalidArgument for other formats.
absl::StatusOr<std::string> ListActions(const BuildPlan& plan, const std::vector<query::ActionFilter>& filters,
                                        const std::function<bool(const Action&)>& wanted, std::string_view format);

}  // namespace cow::driver
