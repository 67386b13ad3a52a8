// PlanBuilder: the slice of all declared actions that some artifacts need, as a BuildPlan.
//
// Numbers artifacts and actions anew in the order in which they are first wanted. The analysis
// (heaps, table) must outlive the builder, not the plan.
#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/analysis/action_record.h"
#include "engine/analysis/args_expansion.h"
#include "engine/analysis/artifact_table.h"
#include "engine/analysis/depset_converter.h"
#include "engine/analysis/runfiles_aliases.h"
#include "engine/model/build_plan.h"

namespace cow::analysis {

class PlanBuilder {
 public:
  PlanBuilder(const ArtifactTable& artifacts, const starlark::EvaluationLimits& limits);

  // The artifact's number in the plan; what makes it will be in the plan too.
  ArtifactId Want(ArtifactId artifact);
  // Those of a depset of Files.
  std::vector<ArtifactId> WantAll(const ValueDepset& files);

  struct AddedAction {
    ActionId action{};
    ArtifactId output{};
  };
  // A test, which no rule declared; the first of its outputs receives what the process prints. Its
  // inputs are its runfiles, which it finds under their short paths.
  absl::StatusOr<AddedAction> AddTestAction(const ActionRecord& record, std::vector<Artifact> outputs);

  void AddTarget(RequestedTarget target) { plan_.targets.push_back(std::move(target)); }
  void AddTest(TestSpec test) { plan_.tests.push_back(std::move(test)); }

  // Completes the slice. Failure: a map_each function failed, an artifact has no action, or one
  // output lies below another.
  absl::StatusOr<BuildPlan> Finish();

 private:
  absl::Status Drain();
  absl::StatusOr<Action> Convert(const ActionRecord& record);
  HostTreeId WantHostTree(const HostTreePtr& tree);
  absl::Status CheckPrefixes() const;

  const ArtifactTable& artifacts_;
  BuildPlan plan_;
  absl::flat_hash_map<ArtifactId, ArtifactId> numbers_;
  absl::flat_hash_map<const ActionRecord*, ActionId> actions_;
  absl::flat_hash_map<const HostTree*, HostTreeId> host_trees_;
  std::vector<ArtifactId> pending_;  // wanted, not looked at; numbers of the analysis
  DepsetConverter<ArtifactId> inputs_;
  ArgsExpander expander_;
  RunfilesAliases aliases_{plan_};
};

}  // namespace cow::analysis
