// InputPaths: ArtifactPaths of one action, whose inputs have values. One thread at a time.
#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/execution/artifact_value.h"
#include "engine/execution/command_expansion.h"
#include "engine/execution/tree_reader.h"
#include "engine/model/build_plan.h"

namespace cow::execution {

class InputPaths final : public ArtifactPaths {
 public:
  // `plan` and `reader` outlive it.
  InputPaths(const BuildPlan& plan, const std::vector<ArtifactId>& inputs, const std::vector<ArtifactValue>& values,
             TreeReader& reader);

  const std::string& ExecPath(ArtifactId id) const override { return plan_.artifact(id).exec_path; }
  // Only trees among the inputs have known files; others are just paths.
  bool IsTree(ArtifactId id) const override { return trees_.contains(id); }
  absl::StatusOr<std::vector<std::string>> TreeFiles(ArtifactId id) const override;

 private:
  const BuildPlan& plan_;
  TreeReader& reader_;
  absl::flat_hash_map<ArtifactId, Digest> trees_;
};

}  // namespace cow::execution
