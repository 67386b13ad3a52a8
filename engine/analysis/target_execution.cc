// The part of TargetGraph that chooses where actions run and with which toolchains.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/analysis/action_parameters.h"
#include "engine/analysis/target_frame.h"
#include "engine/analysis/target_graph.h"
#include "engine/base/status.h"
#include "engine/loading/workspace.h"

namespace cow::analysis {

using loading::Target;

// Those that the rule or aspect names, and the shell: rules written for Bazel use it without saying
// so.
absl::StatusOr<std::vector<loading::ToolchainRequirement>> TargetGraph::WantedToolchains(
    const Target& target, const AspectPath* aspects) {
  const loading::RuleClass::Definition& rule = target.rule_class().definition();
  std::vector<loading::ToolchainRequirement> wanted =
      aspects != nullptr ? aspects->aspect().definition().toolchains : rule.toolchains;
  const PackageId& author =
      aspects != nullptr ? aspects->aspect().definition().package : rule.package;
  if (author.repo() == loading::kBuiltinRepository) return wanted;
  COW_ASSIGN_OR_RETURN(Label shell, Label::Parse(kShellToolchain, PackageId()));
  bool named = std::any_of(wanted.begin(), wanted.end(),
                           [&](const auto& requirement) { return requirement.type == shell; });
  if (!named) wanted.push_back({.type = shell, .mandatory = false});
  return wanted;
}

absl::Status TargetGraph::AddExecution(Frame& frame, std::string_view group, ExecutionNeed need) {
  std::string who = absl::StrCat(frame.declared->rule_class().name(), " rule ",
                                 frame.declared->label().ToString());
  if (!group.empty()) who = absl::StrCat("exec group '", group, "' of ", who);
  COW_ASSIGN_OR_RETURN(
      ExecutionChoice choice,
      parts_.toolchains.Resolve(need, conditions(frame.key.second), who));
  COW_ASSIGN_OR_RETURN(const Configuration* tools,
                       parts_.configurations.ExecOn(choice.platform->label));
  frame.executions.push_back({std::string(group), std::move(need), std::move(choice), tools});
  return absl::OkStatus();
}

absl::Status TargetGraph::ChooseExecution(Frame& frame, const AspectPath* aspects) {
  frame.executions.clear();
  const loading::RuleClass::Definition& rule = frame.declared->rule_class().definition();
  ExecutionNeed need;
  COW_ASSIGN_OR_RETURN(need.toolchains, WantedToolchains(*frame.declared, aspects));
  if (aspects != nullptr) return AddExecution(frame, "", std::move(need));
  need.exec_constraints = frame.declared->LabelListAttr("exec_compatible_with");
  // Who looks on hears of every target.
  const bool is_usual = need.exec_constraints.empty() && !parts_.toolchains.is_observed();
  const auto key = std::make_pair(&frame.declared->rule_class(), frame.key.second);
  if (auto known = executions_.find(key); is_usual && known != executions_.end()) {
    frame.executions = known->second;
    return absl::OkStatus();
  }
  need.exec_constraints.insert(need.exec_constraints.end(), rule.exec_compatible_with.begin(),
                               rule.exec_compatible_with.end());
  COW_RETURN_IF_ERROR(AddExecution(frame, "", std::move(need)));
  for (const loading::ExecGroup& group : rule.exec_groups) {
    COW_RETURN_IF_ERROR(
        AddExecution(frame, group.name, {group.toolchains, group.exec_compatible_with}));
  }
  if (is_usual) executions_.emplace(key, frame.executions);
  return absl::OkStatus();
}

absl::StatusOr<RuleContext::GroupProperties> TargetGraph::ExecPropertiesByGroup(const Frame& frame) {
  const loading::RuleClass& rule = frame.declared->rule_class();
  ExecProperties own;
  const RuleAttributes::Entry* entry =
      frame.key.aspects == nullptr ? frame.attributes.Find("exec_properties") : nullptr;
  if (entry != nullptr) {
    COW_ASSIGN_OR_RETURN(own, ExecPropertiesOf(entry->raw));
  }
  RuleContext::GroupProperties groups;
  for (const Execution& execution : frame.executions) {
    groups[execution.group] = PropertiesOfGroup(execution.choice.platform->exec_properties, own, execution.group);
  }
  // Every test has this group; its platform is that of the rule unless the rule says otherwise.
  if (rule.test() && !frame.executions.empty() && !groups.contains(kTestGroup)) {
    groups[kTestGroup] = PropertiesOfGroup(frame.executions.front().choice.platform->exec_properties, own, kTestGroup);
  }
  // The groups of cow's own rules need not be those that Bazel's have.
  if (rule.definition().package.repo() == loading::kBuiltinRepository) return groups;
  std::vector<std::string> names;
  for (const auto& [name, properties] : groups) names.push_back(name);
  COW_RETURN_IF_ERROR(CheckExecGroups(own, names));
  return groups;
}

void TargetGraph::AddToolchainEdges(Frame& frame) {
  for (const Execution& execution : frame.executions) {
    for (size_t i = 0; i < execution.choice.toolchains.size(); ++i) {
      const ExecutionChoice::Toolchain& found = execution.choice.toolchains[i];
      frame.toolchains.push_back(
          {execution.need.toolchains[i].type, found.type, execution.group, nullptr});
      frame.toolchain_edges.push_back(
          found.implementation ? static_cast<int>(frame.edges.size()) : -1);
      if (!found.implementation) continue;
      frame.edges.push_back({nullptr, *found.implementation, frame.key.second});
    }
  }
}

}  // namespace cow::analysis
