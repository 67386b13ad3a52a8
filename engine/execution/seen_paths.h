// What a build read and wrote in the workspace, as paths that a later build can compare.
#pragma once

#include <string>
#include <vector>

#include "engine/execution/output_layout.h"
#include "engine/execution/plan_slice.h"
#include "engine/execution/value_table.h"
#include "engine/model/build_plan.h"
#include "engine/store/path_snapshot.h"

namespace cow::execution {

// The sources of the slice, which all have values, and the files of the host trees its actions run in.
std::vector<store::SeenPath> PathsRead(const BuildPlan& plan, const PlanSlice& slice, const ValueTable& values);

// Everything a layout below `root` lists; trees with the names they hold.
std::vector<store::SeenPath> PathsWritten(const OutputLayout& layout, const std::string& root);

}  // namespace cow::execution
