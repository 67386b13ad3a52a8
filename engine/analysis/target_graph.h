// TargetGraph: (label, configuration) -> ConfiguredTarget, each made once, dependencies first.
//
// Walks with its own stack, so that a long chain of dependencies is no deep recursion. One thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/analysis/artifact_table.h"
#include "engine/analysis/aspect_path.h"
#include "engine/analysis/condition_table.h"
#include "engine/analysis/configuration_table.h"
#include "engine/analysis/configured_target.h"
#include "engine/analysis/dependency_observation.h"
#include "engine/analysis/package_uses.h"
#include "engine/analysis/platform_table.h"
#include "engine/analysis/rule_attributes.h"
#include "engine/analysis/rule_context.h"
#include "engine/analysis/toolchain_resolution.h"
#include "engine/analysis/transition_runner.h"
#include "engine/loading/package_loader.h"
#include "engine/starlark/thread.h"

namespace cow::analysis {

class TargetGraph {
 public:
  // What the graph works with; all outlives it.
  struct Parts {
    loading::PackageLoader& loader;
    PlatformTable& platforms;
    ToolchainResolution& toolchains;
    ConfigurationTable& configurations;
    PackageUseRecorder& uses;
    starlark::Thread::PrintHandler on_print{};
    std::function<void(std::string_view)> on_warning{};  // a complete line; unset: nobody is told
    DependencyObserver on_dependencies{};
  };
  explicit TargetGraph(Parts parts);
  ~TargetGraph();

  // The same answer each time. Failure: a plain kNotFound if there is no such target or package;
  // everything else is a diagnostic: that of the first thing that is wrong below the target.
  absl::StatusOr<const ConfiguredTarget*> Configure(const Label& label,
                                                    const Configuration& configuration);
  // The same with what aspects give it; an alias is followed.
  absl::StatusOr<const ConfiguredTarget*> Configure(const Label& label,
                                                    const Configuration& configuration,
                                                    const std::vector<AspectUse>& aspects);

  // Conditions as that configuration answers them; lives as long as the graph.
  ConditionTable& conditions(const Configuration* configuration);

  ArtifactTable& artifacts() { return artifacts_; }
  int64_t size() const { return static_cast<int64_t>(targets_.size()); }

 private:
  struct Key {
    Label first{};
    const Configuration* second = nullptr;
    const AspectPath* aspects = nullptr;  // not null: the last of these aspects on the target

    friend bool operator==(const Key&, const Key&) = default;
    template <typename H>
    friend H AbslHashValue(H state, const Key& key) {
      return H::combine(std::move(state), key.first, key.second, key.aspects);
    }
  };
  struct Frame;
  // Where actions run.
  struct Execution {
    std::string group{};  // "" = the rule or aspect itself
    ExecutionNeed need{};
    ExecutionChoice choice{};
    const Configuration* tools = nullptr;  // of programs that run there
  };

  // For targets of `user` only.
  absl::StatusOr<const loading::Target*> LoadFor(const PackageId& user, const Label& label);
  // Works until the stack is empty. `entered` is what Enter said of the only frame on it.
  void Drain(absl::Status entered);

  absl::Status Enter(const Key& key, const loading::Target& target);
  absl::Status EnterRule(Frame& frame);
  void WarnIfDeprecated(const loading::Target& dependency, const loading::Target& dependent) const;
  absl::Status AddRuleEdges(Frame& frame);
  // --- aspects
  absl::Status EnterAspect(Frame& frame);
  absl::Status AddAspectEdges(Frame& frame);
  // Which aspects run along an attribute of the frame's rule.
  absl::StatusOr<std::vector<AspectUse>> AspectsAlong(const Frame& frame,
                                                      const loading::Attribute& attribute);
  absl::Status CheckAspectDependency(const Frame& frame, const DependencyEdge& edge,
                                     const loading::Target& dependency);
  // Sets `target`, which an edge leads to, to what it is with `aspects`: true if that is done, false
  // if a frame for an aspect was pushed.
  absl::StatusOr<bool> ApplyAspects(const std::vector<AspectUse>& aspects,
                                    const ConfiguredTarget*& target);
  absl::StatusOr<const ConfiguredTarget*> Merged(const ConfiguredTarget& target,
                                                 std::vector<const ConfiguredTarget*> aspects);
  absl::Status CompleteAspect(Frame& frame, ConfiguredTarget& target);
  void TakeDependencies(Frame& frame);
  absl::Status TakeToolchains(Frame& frame);
  // Sets frame.executions, for the rule or the aspect.
  absl::Status ChooseExecution(Frame& frame, const AspectPath* aspects);
  absl::Status AddExecution(Frame& frame, std::string_view group, ExecutionNeed need);
  void AddToolchainEdges(Frame& frame);
  // Of a rule, whose attributes are resolved; of an aspect those of its platform.
  static absl::StatusOr<RuleContext::GroupProperties> ExecPropertiesByGroup(const Frame& frame);
  static absl::StatusOr<std::vector<loading::ToolchainRequirement>> WantedToolchains(
      const loading::Target& target, const AspectPath* aspects);
  // Takes up the next edge of the top frame: true if it is configured, false if a frame for it was
  // pushed.
  absl::StatusOr<bool> Advance();
  absl::StatusOr<std::unique_ptr<ConfiguredTarget>> Complete(Frame& frame);
  absl::Status CompleteRule(Frame& frame, ConfiguredTarget& target);
  absl::StatusOr<std::string> Incompatibility(const Frame& frame);
  absl::StatusOr<std::string> OwnIncompatibility(const Frame& frame);
  absl::Status RegisterActions(const loading::Target& declared, const ConfiguredTarget& target);
  absl::Status CycleError(const Key& key) const;
  absl::Status AtEdge(const Frame& frame, const DependencyEdge& edge,
                      const absl::Status& status) const;
  absl::Status AddAttributeEdges(Frame& frame);
  absl::Status AddSettingEdge(Frame& frame);
  // The key of a target that is asked for in a configuration: a transition of its rule applies.
  absl::StatusOr<Key> KeyOf(const loading::Target& target, const Configuration* configuration);
  absl::StatusOr<const Configuration*> AfterRuleTransition(const loading::Target& target,
                                                           const Configuration* configuration);
  // In which configurations the labels of an attribute of the frame's rule or aspect are.
  absl::StatusOr<std::vector<EdgeConfiguration>> ConfigurationsOf(
      const Frame& frame, const loading::Attribute& attribute, const RuleAttributes& attributes);

  Parts parts_;
  // Of targets without constraints of their own.
  absl::flat_hash_map<std::pair<const loading::RuleClass*, const Configuration*>,
                      std::vector<Execution>>
      executions_;
  TransitionRunner transitions_;
  absl::flat_hash_map<std::pair<const loading::Target*, const Configuration*>, const Configuration*>
      after_transition_;
  ArtifactTable artifacts_;
  absl::flat_hash_map<const Configuration*, std::unique_ptr<ConditionTable>> conditions_;
  absl::flat_hash_map<Key, absl::StatusOr<std::unique_ptr<ConfiguredTarget>>> targets_;
  absl::flat_hash_map<Key, size_t> active_;  // index into stack_
  std::vector<std::unique_ptr<Frame>> stack_;
  AspectPaths paths_;
  // By the target and the results of aspects on it.
  absl::flat_hash_map<std::vector<const ConfiguredTarget*>, std::unique_ptr<ConfiguredTarget>>
      merged_;
};

}  // namespace cow::analysis
