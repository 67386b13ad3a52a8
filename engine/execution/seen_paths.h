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

// The sources of the slice, which all have values, tagged with their ids.
std::vector<store::SeenPath> SourcesRead(const BuildPlan& plan, const PlanSlice& slice, const ValueTable& values);

// The files of the host trees that actions of the slice run in.
void AddHostTreePaths(const BuildPlan& plan, const PlanSlice& slice, std::vector<store::SeenPath>* seen);

// Everything a layout below `root` lists; trees with the names they hold.
std::vector<store::SeenPath> PathsWritten(const OutputLayout& layout, const std::string& root);

}  // namespace cow::execution
