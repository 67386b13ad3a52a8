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
#include "engine/analysis/runfiles_value.h"
#include "engine/model/build_plan.h"

namespace cow::analysis {

// That no output of a plan lies below another.
absl::Status CheckOutputPlaces(const BuildPlan& plan);

class PlanBuilder {
 public:
  // `workspace` is what the main repository is called in runfiles.
  PlanBuilder(const ArtifactTable& artifacts, std::string workspace, const starlark::EvaluationLimits& limits);

  const std::string& workspace() const { return workspace_; }

  // The artifact's number in the plan; what makes it will be in the plan too.
  ArtifactId Want(ArtifactId artifact);
  // Those of a depset of Files.
  std::vector<ArtifactId> WantAll(const ValueDepset& files);

  struct AddedAction {
    ActionId action{};
    ArtifactId output{};
  };
  // Where a program finds its runfiles; what makes them will be in the plan too. Failure: two symlinks, or a symlink
  // and a file, should stand in the same place.
  absl::StatusOr<RunfilesTreePtr> WantRunfiles(const FilesToRunValue& program);

  // A test, which no rule declared; the first of its outputs receives what the process prints. It starts in the
  // directory of the main repository in its runfiles.
  absl::StatusOr<AddedAction> AddTestAction(const FilesToRunValue& program, const ActionRecord& record,
                                            std::vector<Artifact> outputs);

  void AddTarget(RequestedTarget target) { plan_.targets.push_back(std::move(target)); }
  void AddTest(TestSpec test) { plan_.tests.push_back(std::move(test)); }

  // Completes the slice. Failure: a map_each function failed, an artifact has no action, or one
  // output lies below another.
  absl::StatusOr<BuildPlan> Finish();

 private:
  absl::Status Drain();
  absl::StatusOr<Action> Convert(const ActionRecord& record);
  absl::Status AddRunfiles(const ActionRecord& record, Action& action);
  absl::Status CheckCollisions(const FilesToRunValue& program, const RunfilesTree& tree) const;
  HostTreeId WantHostTree(const HostTreePtr& tree);

  const ArtifactTable& artifacts_;
  const std::string workspace_;
  BuildPlan plan_;
  absl::flat_hash_map<ArtifactId, ArtifactId> numbers_;
  absl::flat_hash_map<const ActionRecord*, ActionId> actions_;
  absl::flat_hash_map<const HostTree*, HostTreeId> host_trees_;
  std::vector<ArtifactId> pending_;  // wanted, not looked at; numbers of the analysis
  DepsetConverter<ArtifactId> inputs_;
  ArgsExpander expander_;
  struct ProgramRunfiles {
    RunfilesTreePtr tree{};
    bool only_program = false;  // there is nothing but the program itself
  };
  absl::flat_hash_map<const FilesToRunValue*, ProgramRunfiles> runfiles_;
};

}  // namespace cow::analysis
