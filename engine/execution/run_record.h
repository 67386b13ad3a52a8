// What an execution leaves behind for people: the actions that are recorded, and what took longest. After Executor::Finish.
#pragma once

#include <vector>

#include "absl/time/time.h"
#include "engine/execution/execute.h"
#include "engine/execution/executor.h"
#include "engine/execution/plan_slice.h"
#include "engine/model/build_plan.h"
#include "engine/model/build_record.h"

namespace cow::execution {

// Those that ran or had another key than before; with what was made without a process for those that had another key.
std::vector<RecordedAction> RecordedActions(const BuildPlan& plan, const PlanSlice& slice, const Executor& executor,
                                            absl::Time began);

// First to last.
std::vector<CriticalStep> CriticalPath(const BuildPlan& plan, const PlanSlice& slice, const Executor& executor,
                                       absl::Time began);

}  // namespace cow::execution
