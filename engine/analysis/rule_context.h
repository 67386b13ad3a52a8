// RuleContext: what one rule function works on: its target, its configuration, its dependencies, the actions and
// files it has declared so far. CtxValue is its face in Starlark.
//
// Lives while the rule function runs; single thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "engine/analysis/action_record.h"
#include "engine/analysis/artifact_table.h"
#include "engine/analysis/configuration.h"
#include "engine/analysis/configured_target.h"
#include "engine/analysis/file_value.h"
#include "engine/analysis/rule_attributes.h"
#include "engine/starlark/heap.h"

namespace cow::analysis {

// A toolchain type that the rule asked for, and what was found.
struct ResolvedToolchain {
  Label type{};
  const ConfiguredTarget* implementation = nullptr;  // null: optional and none fits
};

class RuleContext {
 public:
  RuleContext(const loading::Target& target, const Configuration& configuration, ArtifactTable& artifacts,
              starlark::Heap& heap);

  const Label& label() const { return label_; }
  const loading::Target& target() const { return target_; }
  const Configuration& configuration() const { return configuration_; }
  starlark::Heap& heap() const { return heap_; }
  const ArtifactTable& artifacts() const { return artifacts_; }

  RuleAttributes& attributes() { return attributes_; }
  const RuleAttributes& attributes() const { return attributes_; }
  std::vector<ResolvedToolchain>& toolchains() { return toolchains_; }
  // The ToolchainInfo of a resolved type; unset if the rule did not ask for it or none was found.
  starlark::Value FindToolchain(const Label& type) const;

  // Make variables: COMPILATION_MODE, TARGET_CPU, BINDIR, GENDIR, --define values, those of toolchains.
  const std::vector<std::pair<std::string, std::string>>& variables() const { return variables_; }
  void AddVariable(std::string_view name, std::string_view value);

  // An output of this target, `path` below its package. kInvalidArgument if the path leaves the package.
  absl::StatusOr<FileValue*> Declare(Artifact::Kind kind, std::string_view path);
  // Whether this target declared it.
  bool Owns(ArtifactId id) const { return declared_set_.contains(id); }

  // Takes the action. kInvalidArgument if an output is not of this target or has an action already.
  absl::Status AddAction(std::unique_ptr<ActionRecord> record);

  // Files that a tool needs besides itself, if `executable` is one of this target's dependencies.
  const ValueDepset* ToolRunfiles(ArtifactId executable) const;
  void AddTool(const FilesToRunValue& tool);

  // Declared outputs without an action, by name below the output root.
  std::vector<std::string> MissingOutputs() const;
  std::vector<std::unique_ptr<ActionRecord>> TakeActions() { return std::move(actions_); }

 private:
  const loading::Target& target_;
  Label label_;
  const Configuration& configuration_;
  ArtifactTable& artifacts_;
  starlark::Heap& heap_;
  RuleAttributes attributes_;
  std::vector<ResolvedToolchain> toolchains_;
  std::vector<std::pair<std::string, std::string>> variables_;
  std::vector<ArtifactId> declared_;
  absl::flat_hash_set<ArtifactId> declared_set_;
  absl::flat_hash_set<ArtifactId> generated_;
  absl::flat_hash_map<ArtifactId, ValueDepset> tool_runfiles_;
  std::vector<std::unique_ptr<ActionRecord>> actions_;
};

}  // namespace cow::analysis
