#include "engine/analysis/target_graph.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/analysis/build_setting.h"
#include "engine/analysis/dependency_checks.h"
#include "engine/analysis/native_targets.h"
#include "engine/analysis/target_frame.h"
#include "engine/analysis/user_error.h"
#include "engine/base/diagnostic.h"
#include "engine/base/status.h"

namespace cow::analysis {

using loading::Target;

TargetGraph::TargetGraph(Parts parts)
    : parts_(std::move(parts)),
      transitions_(parts_.loader, parts_.configurations, parts_.on_print) {}

TargetGraph::~TargetGraph() = default;

ConditionTable& TargetGraph::conditions(const Configuration* configuration) {
  std::unique_ptr<ConditionTable>& table = conditions_[configuration];
  if (table == nullptr) {
    table = std::make_unique<ConditionTable>(parts_.loader, parts_.platforms, *configuration);
  }
  return *table;
}

absl::StatusOr<const ConfiguredTarget*> TargetGraph::Configure(const Label& label,
                                                               const Configuration& configuration) {
  COW_ASSIGN_OR_RETURN(const Target* target, LoadFor(label.package(), label));
  COW_ASSIGN_OR_RETURN(Key key, KeyOf(*target, &configuration));
  auto known = targets_.find(key);
  if (known == targets_.end()) {
    Drain(Enter(key, *target));
    known = targets_.find(key);
  }
  if (!known->second.ok()) return known->second.status();
  return known->second->get();
}

absl::StatusOr<const Target*> TargetGraph::LoadFor(const PackageId& user, const Label& label) {
  const PackageUseRecorder::Scope scope(parts_.uses, user);
  return parts_.loader.LoadTarget(label);
}

void TargetGraph::Drain(absl::Status entered) {
  while (!stack_.empty()) {
    Frame& frame = *stack_.back();
    absl::StatusOr<bool> ready = true;
    if (!entered.ok()) ready = std::exchange(entered, absl::OkStatus());
    while (ready.ok() && *ready && frame.next < frame.edges.size()) ready = Advance();
    if (ready.ok() && !*ready) continue;  // a dependency comes first
    auto result = ready.ok() ? Complete(frame) : ready.status();
    active_.erase(frame.key);
    targets_.insert_or_assign(frame.key, std::move(result));
    stack_.pop_back();
  }
}

absl::Status TargetGraph::Enter(const Key& key, const Target& target) {
  active_.emplace(key, stack_.size());
  stack_.push_back(std::make_unique<Frame>());
  Frame& frame = *stack_.back();
  frame.key = key;
  frame.declared = &target;
  if (target.kind() == Target::Kind::kOutputFile) {
    frame.edges.push_back({nullptr, target.generating_rule(), key.second});
  }
  if (key.aspects != nullptr) return EnterAspect(frame);
  return target.is_rule() ? EnterRule(frame) : absl::OkStatus();
}

absl::Status TargetGraph::EnterRule(Frame& frame) {
  COW_RETURN_IF_ERROR(AddRuleEdges(frame));
  if (frame.declared->rule_class().is_native()) return AddSettingEdge(frame);
  AddToolchainEdges(frame);
  return absl::OkStatus();
}

absl::Status TargetGraph::AddRuleEdges(Frame& frame) {
  const Target& target = *frame.declared;
  {
    const PackageUseRecorder::Scope scope(parts_.uses, target.label().package());
    COW_ASSIGN_OR_RETURN(frame.package, parts_.loader.Load(target.label().package()));
  }
  absl::Status resolved =
      frame.attributes.Resolve(target, frame.package, conditions(frame.key.second));
  if (resolved.ok()) {
    absl::StatusOr<std::string> incompatible = OwnIncompatibility(frame);
    resolved = incompatible.status();
    // What it needs does not matter then: it may not exist for this platform.
    if (resolved.ok() && !incompatible->empty()) return absl::OkStatus();
  }
  if (resolved.ok() && !target.rule_class().is_native()) resolved = ChooseExecution(frame, nullptr);
  if (resolved.ok()) resolved = AddAttributeEdges(frame);
  if (!resolved.ok()) return IsDiagnostic(resolved) ? resolved : target.Error(resolved.message());
  bool is_native = target.rule_class().is_native();
  std::string_view wanted = NativeDependencyAttribute(target.rule_class().name());
  for (size_t i = 0; i < frame.attributes.entries().size(); ++i) {
    const RuleAttributes::Entry& entry = frame.attributes.entries()[i];
    if (is_native && entry.attribute->name != wanted) continue;
    if (entry.edges.empty()) continue;
    absl::StatusOr<std::vector<AspectUse>> aspects = AspectsAlong(frame, *entry.attribute);
    if (!aspects.ok()) return AtEdge(frame, entry.edges[0], aspects.status());
    for (size_t j = 0; j < entry.edges.size(); ++j) {
      frame.edges.push_back(entry.edges[j]);
      frame.edges.back().aspects = *aspects;
      frame.homes.emplace_back(i, j);
    }
  }
  return absl::OkStatus();
}

// A label_flag leads to the label that it is set to.
absl::Status TargetGraph::AddSettingEdge(Frame& frame) {
  if (BuildSettingOf(*frame.declared) == nullptr) return absl::OkStatus();
  const Configuration* configuration = frame.key.second;
  COW_ASSIGN_OR_RETURN(OptionValue value,
                       conditions(configuration).SettingValue(*frame.declared));
  frame.edges.push_back({nullptr, std::get<Label>(value), configuration});
  return absl::OkStatus();
}

absl::Status TargetGraph::AddAttributeEdges(Frame& frame) {
  return frame.attributes.AddEdges([&](const loading::Attribute& attribute) {
    return ConfigurationsOf(frame, attribute, frame.attributes);
  });
}

absl::Status TargetGraph::AtEdge(const Frame& frame, const DependencyEdge& edge,
                                 const absl::Status& status) const {
  if (IsDiagnostic(status)) return status;
  return frame.declared->Error(absl::StrCat(DescribeEdge(*frame.declared, edge), status.message()));
}

// Neighbours and targets that are deprecated themselves know.
void TargetGraph::WarnIfDeprecated(const Target& dependency, const Target& dependent) const {
  if (!parts_.on_warning || !dependency.is_rule() || dependency.deprecation().empty()) return;
  if (dependency.label().package() == dependent.label().package()) return;
  if (!dependent.deprecation().empty()) return;
  parts_.on_warning(absl::StrCat("WARNING: ", dependent.location().ToString(), ": in ",
                                 dependent.rule_class().name(), " rule ",
                                 dependent.label().ToString(), ": target '",
                                 dependent.label().ToString(), "' depends on deprecated target '",
                                 dependency.label().ToString(), "': ", dependency.deprecation()));
}

absl::StatusOr<bool> TargetGraph::Advance() {
  Frame& frame = *stack_.back();
  DependencyEdge& edge = frame.edges[frame.next];
  absl::StatusOr<const Target*> dependency = LoadFor(frame.key.first.package(), edge.label);
  if (!dependency.ok()) return AtEdge(frame, edge, dependency.status());
  if ((*dependency)->kind() == Target::Kind::kPackageGroup) {
    return AtEdge(frame, edge,
                  UserError("package_group '", edge.label.ToString(), "' is misplaced here"));
  }
  if (edge.attribute != nullptr && frame.checked == frame.next) {
    COW_RETURN_IF_ERROR(
        frame.key.aspects != nullptr
            ? CheckAspectDependency(frame, edge, **dependency)
            : CheckMayDepend(parts_.loader, *frame.declared, edge, **dependency));
    ++frame.checked;
    if (frame.key.aspects == nullptr) WarnIfDeprecated(**dependency, *frame.declared);
  }
  Key key{edge.label, edge.configuration, nullptr};
  if (!edge.is_transitioned) {
    absl::StatusOr<Key> asked = KeyOf(**dependency, edge.configuration);
    if (!asked.ok()) return AtEdge(frame, edge, asked.status());
    key = *asked;
  }
  auto known = targets_.find(key);
  if (known != targets_.end()) {
    if (!known->second.ok()) return AtEdge(frame, edge, known->second.status());
    edge.target = known->second->get();
    if (edge.target->resolved().incompatible.empty()) {
      absl::StatusOr<bool> ready = ApplyAspects(edge.aspects, edge.target);
      if (!ready.ok()) return AtEdge(frame, edge, ready.status());
      if (!*ready) return false;
      if (frame.key.aspects == nullptr) COW_RETURN_IF_ERROR(CheckDependency(*frame.declared, edge));
    }
    ++frame.next;
    return true;
  }
  if (active_.contains(key)) return CycleError(key);
  absl::Status entered = Enter(key, **dependency);
  if (entered.ok()) return false;
  active_.erase(key);
  stack_.pop_back();
  targets_.insert_or_assign(key, entered);
  return AtEdge(*stack_.back(), stack_.back()->edges[stack_.back()->next], entered);
}

absl::Status TargetGraph::CycleError(const Key& key) const {
  std::string steps;
  size_t first = active_.at(key);
  for (size_t i = first; i < stack_.size(); ++i) {
    const Target& step = *stack_[i]->declared;
    absl::StrAppend(&steps, step.label().ToString(), " (", step.location().ToString(), ") -> ");
  }
  return stack_[first]->declared->Error(
      absl::StrCat("cycle in dependency graph: ", steps, key.first.ToString()));
}

}  // namespace cow::analysis
