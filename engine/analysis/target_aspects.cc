// The part of TargetGraph that runs aspects: a shadow of the graph, one node per target and aspect path.
//
//   //:top --deps--> //:a --deps--> //:b        rules
//   (a, [p]) ------------> (b, [p])             aspect p, which goes along deps
//   //:top sees a merged with (a, [p]); p on a sees b merged with (b, [p]) as ctx.rule.attr.deps[0].
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/analysis/aspect_runner.h"
#include "engine/analysis/dependency_checks.h"
#include "engine/analysis/target_frame.h"
#include "engine/analysis/target_graph.h"
#include "engine/analysis/user_error.h"
#include "engine/base/diagnostic.h"
#include "engine/base/status.h"

namespace cow::analysis {

using loading::Target;

absl::StatusOr<const ConfiguredTarget*> TargetGraph::Configure(const Label& label,
                                                               const Configuration& configuration,
                                                               const std::vector<AspectUse>& aspects) {
  COW_ASSIGN_OR_RETURN(const ConfiguredTarget* target, Configure(label, configuration));
  target = &target->resolved();
  if (!target->incompatible.empty()) return target;
  while (true) {
    COW_ASSIGN_OR_RETURN(bool ready, ApplyAspects(aspects, target));
    if (ready) return target;
    Drain(absl::OkStatus());
  }
}

absl::StatusOr<std::vector<AspectUse>> TargetGraph::AspectsAlong(const Frame& frame,
                                                                 const loading::Attribute& attribute) {
  auto parameter = [&](std::string_view name) {
    const RuleAttributes::Entry* entry = frame.attributes.Find(name);
    return entry == nullptr ? starlark::Value() : entry->raw;
  };
  COW_ASSIGN_OR_RETURN(std::vector<AspectUse> uses, MakeAspectUses(attribute.aspects, parameter));
  if (frame.key.aspects == nullptr) return uses;
  for (const AspectUse& use : frame.key.aspects->uses) {
    if (use.GoesAlong(attribute.name) && std::find(uses.begin(), uses.end(), use) == uses.end()) uses.push_back(use);
  }
  return uses;
}

absl::Status TargetGraph::EnterAspect(Frame& frame) {
  const Target& target = *frame.declared;
  COW_RETURN_IF_ERROR(AddRuleEdges(frame));
  absl::Status added = ChooseExecution(frame, frame.key.aspects);
  if (added.ok()) added = AddAspectEdges(frame);
  if (added.ok()) AddToolchainEdges(frame);
  return added.ok() || IsDiagnostic(added) ? added : target.Error(added.message());
}

absl::Status TargetGraph::AddAspectEdges(Frame& frame) {
  const AspectPath& path = *frame.key.aspects;
  const Configuration* configuration = frame.key.second;
  frame.aspect_edges = frame.edges.size();
  frame.edges.push_back({nullptr, frame.declared->label(), configuration});
  frame.edges.back().is_transitioned = true;
  frame.edges.back().aspects.assign(path.uses.begin(), path.uses.end() - 1);
  COW_RETURN_IF_ERROR(frame.aspect_attributes.ResolveAspect(path.uses.back()));
  COW_RETURN_IF_ERROR(frame.aspect_attributes.AddEdges([&](const loading::Attribute& attribute) {
    return ConfigurationsOf(frame, attribute, frame.aspect_attributes);
  }));
  for (const RuleAttributes::Entry& entry : frame.aspect_attributes.entries()) {
    for (const DependencyEdge& edge : entry.edges) frame.edges.push_back(edge);
  }
  return absl::OkStatus();
}

absl::Status TargetGraph::CheckAspectDependency(const Frame& frame, const DependencyEdge& edge,
                                                const Target& dependency) {
  // Those of the rule were checked when the rule itself was configured.
  if (frame.next < frame.aspect_edges) return absl::OkStatus();
  const loading::AspectClass& aspect = frame.key.aspects->aspect();
  COW_ASSIGN_OR_RETURN(Label author, Label::Create(aspect.definition().package, aspect.definition().file.name()));
  absl::Status visible = parts_.loader.CheckVisible(dependency, author);
  if (visible.ok() || IsDiagnostic(visible)) return visible;
  return frame.declared->Error(absl::StrCat("in ", edge.attribute->name, " attribute of aspect ",
                                            aspect.DisplayName(), " on ", frame.declared->label().ToString(), ": ",
                                            visible.message()));
}

absl::StatusOr<bool> TargetGraph::ApplyAspects(const std::vector<AspectUse>& aspects,
                                               const ConfiguredTarget*& target) {
  if (aspects.empty()) return true;
  const ConfiguredTarget* base = &target->resolved();
  COW_ASSIGN_OR_RETURN(const Target* declared, parts_.loader.LoadTarget(base->label));
  std::vector<AspectUse> wanted = aspects;
  if (declared->kind() == Target::Kind::kOutputFile) {
    // What makes the file is looked at, if the aspect says so; the file shows what was given there.
    std::erase_if(wanted, [](const AspectUse& use) { return !use.aspect->definition().apply_to_generating_rules; });
    COW_ASSIGN_OR_RETURN(declared, parts_.loader.LoadTarget(declared->generating_rule()));
  }
  if (wanted.empty() || !declared->is_rule()) return true;
  Key rule{declared->label(), base->configuration, nullptr};
  if (base->label != declared->label()) {
    COW_ASSIGN_OR_RETURN(rule, KeyOf(*declared, base->configuration));
  }
  auto made = targets_.find(rule);
  if (made == targets_.end() || !made->second.ok()) return true;
  std::vector<const ConfiguredTarget*> results;
  for (const AspectPath* path : paths_.For(wanted, (*made->second)->resolved())) {
    Key key{declared->label(), rule.second, path};
    auto known = targets_.find(key);
    if (known != targets_.end()) {
      if (!known->second.ok()) return known->second.status();
      results.push_back(known->second->get());
      continue;
    }
    if (active_.contains(key)) return CycleError(key);
    absl::Status entered = Enter(key, *declared);
    if (entered.ok()) return false;
    active_.erase(key);
    stack_.pop_back();
    targets_.insert_or_assign(key, entered);
    return entered;
  }
  if (results.empty()) return true;
  COW_ASSIGN_OR_RETURN(target, Merged(*base, std::move(results)));
  return true;
}

absl::StatusOr<const ConfiguredTarget*> TargetGraph::Merged(const ConfiguredTarget& target,
                                                            std::vector<const ConfiguredTarget*> aspects) {
  std::vector<const ConfiguredTarget*> key = aspects;
  key.push_back(&target);
  auto known = merged_.find(key);
  if (known != merged_.end()) return known->second.get();
  COW_ASSIGN_OR_RETURN(std::unique_ptr<ConfiguredTarget> merged, MergeAspects(target, aspects));
  return merged_.emplace(std::move(key), std::move(merged)).first->second.get();
}

absl::Status TargetGraph::CompleteAspect(Frame& frame, ConfiguredTarget& target) {
  const Target& declared = *frame.declared;
  const AspectPath& path = *frame.key.aspects;
  target.kind = absl::StrCat("aspect ", path.aspect().DisplayName());
  TakeDependencies(frame);
  COW_RETURN_IF_ERROR(TakeToolchains(frame));
  size_t next = frame.aspect_edges + 1;
  for (RuleAttributes::Entry& entry : frame.aspect_attributes.entries()) {
    for (DependencyEdge& edge : entry.edges) edge.target = frame.edges[next++].target;
  }
  COW_RETURN_IF_ERROR(frame.attributes.Finish());
  COW_RETURN_IF_ERROR(frame.aspect_attributes.Finish());
  RuleContext::Surroundings surroundings{declared,      *frame.package,   *frame.key.second,
                                         parts_.loader, parts_.platforms, artifacts_};
  COW_ASSIGN_OR_RETURN(RuleContext::GroupProperties properties, ExecPropertiesByGroup(frame));
  COW_RETURN_IF_ERROR(RunAspect({.surroundings = surroundings,
                                 .path = path,
                                 .target = frame.edges[frame.aspect_edges].target->resolved(),
                                 .attributes = std::move(frame.aspect_attributes),
                                 .rule_attributes = std::move(frame.attributes),
                                 .toolchains = std::move(frame.toolchains),
                                 .exec_properties = std::move(properties),
                                 .on_print = parts_.on_print},
                                target));
  return RegisterActions(declared, target);
}

}  // namespace cow::analysis
