// Gives the source artifacts of a build their values, and puts their bytes into the CAS.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/execution/plan_slice.h"
#include "engine/execution/value_table.h"
#include "engine/model/build_plan.h"
#include "engine/store/file_state_cache.h"

namespace cow::execution {

// kNotFound, kInvalidArgument: the file is missing or no regular file.
absl::StatusOr<ArtifactValue> ReadSource(const Artifact& artifact, store::FileStateCache& files);

struct SourceProblem {
  ArtifactId artifact{};
  std::string text{};  // complete message, names the label and who needs it
};

// Reads all sources of the slice on up to `threads` threads. Returns what cannot be used, in the order of the plan;
// other errors are the machine's.
absl::StatusOr<std::vector<SourceProblem>> ReadSources(const BuildPlan& plan, const PlanSlice& slice, int threads,
                                                       store::FileStateCache& files, ValueTable* values);

}  // namespace cow::execution
