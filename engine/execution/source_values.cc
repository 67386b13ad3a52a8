#include "engine/execution/source_values.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/base/thread_pool.h"

namespace cow::execution {
namespace {

// The first action, by the order of execution, that reads the artifact; "" if none does.
std::string NeededBy(const BuildPlan& plan, const PlanSlice& slice, ArtifactId source) {
  for (ActionId id : slice.actions()) {
    const std::vector<ArtifactId>& inputs = slice.node(id).inputs;
    if (std::find(inputs.begin(), inputs.end(), source) == inputs.end()) continue;
    return absl::StrCat(", needed by ", plan.action(id).owner.ToString());
  }
  return "";
}

std::string Describe(const Artifact& artifact, const absl::Status& status) {
  if (absl::IsNotFound(status)) return absl::StrCat("source file '", artifact.exec_path, "' does not exist");
  return absl::StrCat("source file '", artifact.exec_path, "' cannot be read: ", status.message());
}

bool IsFilesFault(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsInvalidArgument(status) || absl::IsPermissionDenied(status);
}

}  // namespace

absl::StatusOr<ArtifactValue> ReadSource(const Artifact& artifact, store::FileStateCache& files) {
  COW_ASSIGN_OR_RETURN(store::FileState state, files.StateOf(artifact.source_path, store::Ingest::kIntoCas));
  return ArtifactValue{
      .kind = ArtifactValue::Kind::kFile, .digest = state.digest, .executable = state.executable};
}

absl::StatusOr<std::vector<SourceProblem>> ReadSources(const BuildPlan& plan, const PlanSlice& slice, int threads,
                                                       store::FileStateCache& files, ValueTable* values) {
  const std::vector<ArtifactId>& sources = slice.sources();
  std::vector<absl::Status> statuses(sources.size());
  ParallelFor(threads, sources.size(), [&](size_t i) {
    absl::StatusOr<ArtifactValue> value = ReadSource(plan.artifact(sources[i]), files);
    statuses[i] = value.status();
    if (value.ok()) values->Set(sources[i], *std::move(value));
  });
  std::vector<SourceProblem> problems;
  for (size_t i = 0; i < sources.size(); ++i) {
    if (statuses[i].ok()) continue;
    if (!IsFilesFault(statuses[i])) return statuses[i];
    const Artifact& artifact = plan.artifact(sources[i]);
    problems.push_back({.artifact = sources[i],
                        .text = absl::StrCat("error: ", artifact.owner.ToString(), ": ",
                                             Describe(artifact, statuses[i]), NeededBy(plan, slice, sources[i]))});
  }
  std::sort(problems.begin(), problems.end(),
            [](const SourceProblem& a, const SourceProblem& b) { return a.artifact < b.artifact; });
  return problems;
}

}  // namespace cow::execution
