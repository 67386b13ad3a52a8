// RuleContext: what one rule function works on: its target, its configuration, its dependencies,
// the actions and files it has declared so far. CtxValue is its face in Starlark.
//
// Lives while the rule function runs; single thread.
#pragma once

#include <memory>
#include <optional>
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
#include "engine/analysis/platform_table.h"
#include "engine/analysis/rule_attributes.h"
#include "engine/loading/aspect_class.h"
#include "engine/loading/package.h"
#include "engine/loading/package_loader.h"
#include "engine/starlark/heap.h"

namespace cow::analysis {

// The exec group of the actions that run tests.
inline constexpr char kTestGroup[] = "test";

// A toolchain type that the rule asked for, and what was found.
struct ResolvedToolchain {
  Label type{};         // as the rule names it
  Label actual{};       // behind aliases
  std::string group{};  // of which exec group; "" = of the rule itself
  const ConfiguredTarget* implementation = nullptr;  // null: optional and none fits
};

class RuleContext {
 public:
  // What outlives the rule function.
  struct Surroundings {
    const loading::Target& target;
    const loading::Package& package;
    const Configuration& configuration;
    loading::PackageLoader& loader;
    PlatformTable& platforms;
    ArtifactTable& artifacts;
  };
  // New values are made in `heap`. `attributes` are finished ones.
  RuleContext(const Surroundings& surroundings, RuleAttributes attributes, starlark::Heap& heap);

  const Label& label() const { return label_; }
  const loading::Target& target() const { return surroundings_.target; }
  const loading::Package& package() const { return surroundings_.package; }
  const Configuration& configuration() const { return surroundings_.configuration; }
  loading::PackageLoader& loader() const { return surroundings_.loader; }
  PlatformTable& platforms() const { return surroundings_.platforms; }
  const ArtifactTable& artifacts() const { return surroundings_.artifacts; }
  starlark::Heap& heap() const { return heap_; }
  const RuleAttributes& attributes() const { return attributes_; }

  // --- aspects
  // Makes it the context of an aspect on the target: `attributes()` are those of the aspect.
  void SetAspect(const loading::AspectClass& aspect, RuleAttributes rule_attributes);
  const loading::AspectClass* aspect() const { return aspect_; }  // null: of a rule
  // Of the rule, whatever the context is of.
  const RuleAttributes& rule_attributes() const {
    return rule_attributes_ ? *rule_attributes_ : attributes_;
  }
  // Of the file that defines the rule or aspect: what its labels are relative to.
  const PackageId& definition_package() const;

  // The rule whose function runs: that of the target, or a parent while ctx.super() runs.
  const loading::RuleClass& running_rule() const {
    return running_ == nullptr ? target().rule_class() : *running_;
  }
  // False if the parent's function ran before: each runs once.
  bool EnterParent();
  void LeaveParent();

  const std::vector<ResolvedToolchain>& toolchains() const { return toolchains_; }
  // With the Make variables that they and the `toolchains` attribute bring.
  void AddToolchains(std::vector<ResolvedToolchain> toolchains);
  // The ToolchainInfo of a resolved type, which may be named through an alias: unset if the rule (or
  // its exec group) did not ask for it, None if none was found.
  starlark::Value FindToolchain(const Label& type, std::string_view group = "") const;
  // The HostTreeInfo of the toolchain that has `path` as one of its fields ("/usr/bin/ar"); unset if none has.
  starlark::Value FindHostTreeOfTool(std::string_view path) const;

  // Of the actions of an exec group, "" = of the rule itself: by group, all groups there are.
  using GroupProperties = std::map<std::string, ExecProperties, std::less<>>;
  void set_exec_properties(GroupProperties properties) { exec_properties_ = std::move(properties); }
  const ExecProperties& exec_properties(std::string_view group) const;

  // Make variables: COMPILATION_MODE, TARGET_CPU, BINDIR, GENDIR, --define values, those of
  // toolchains.
  const std::vector<std::pair<std::string, std::string>>& variables() const { return variables_; }
  void AddVariable(std::string_view name, std::string_view value);

  // An output of this target, `path` below its package. kInvalidArgument if the path leaves the
  // package.
  absl::StatusOr<FileValue*> Declare(Artifact::Kind kind, std::string_view path);
  // Whether this target declared it.
  bool Owns(ArtifactId id) const { return declared_set_.contains(id); }

  // Takes the action. kInvalidArgument if an output is not of this target or has an action already.
  absl::Status AddAction(std::unique_ptr<ActionRecord> record);

  // The program behind a File, if it is the executable of one of this target's dependencies; else
  // null.
  const ConfiguredTarget* FindTool(ArtifactId executable) const;

  // Files for the outputs that the target names in its BUILD file, in order: by attribute or key of
  // `outputs`.
  struct NamedOutput {
    std::string key{};
    FileValue* file = nullptr;
  };
  const std::vector<NamedOutput>& named_outputs() const { return named_outputs_; }
  absl::Status DeclareNamedOutputs();
  // ctx.outputs.executable: declared when it is first asked for.
  absl::StatusOr<FileValue*> DefaultExecutable();
  FileValue* default_executable() const { return default_executable_; }  // null if nobody asked

  // ctx.build_setting_value.
  const std::optional<OptionValue>& setting_value() const { return setting_value_; }
  void set_setting_value(OptionValue value) { setting_value_ = std::move(value); }

  // Declared outputs without an action, by name below the output root.
  std::vector<std::string> MissingOutputs() const;
  bool has_actions() const { return !actions_.empty(); }
  std::vector<std::unique_ptr<ActionRecord>> TakeActions() { return std::move(actions_); }

 private:
  void FindTools(const RuleAttributes& attributes);
  void AddTemplateVariables(const ConfiguredTarget& target);

  Surroundings surroundings_;
  Label label_;
  starlark::Heap& heap_;
  RuleAttributes attributes_;
  const loading::RuleClass* running_ = nullptr;
  std::vector<const loading::RuleClass*> parents_run_;
  const loading::AspectClass* aspect_ = nullptr;
  std::optional<RuleAttributes> rule_attributes_;
  std::vector<ResolvedToolchain> toolchains_;
  GroupProperties exec_properties_;
  std::vector<std::pair<std::string, std::string>> variables_;
  std::vector<ArtifactId> declared_;
  absl::flat_hash_set<ArtifactId> declared_set_;
  absl::flat_hash_set<ArtifactId> generated_;
  absl::flat_hash_map<ArtifactId, const ConfiguredTarget*> tools_;
  std::vector<NamedOutput> named_outputs_;
  FileValue* default_executable_ = nullptr;
  std::optional<OptionValue> setting_value_;
  std::vector<std::unique_ptr<ActionRecord>> actions_;
};

}  // namespace cow::analysis
