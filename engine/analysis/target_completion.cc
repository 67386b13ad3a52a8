// The part of TargetGraph that makes a ConfiguredTarget once all dependencies are there.
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/analysis/action_comparison.h"
#include "engine/analysis/builtin_providers.h"
#include "engine/analysis/default_info.h"
#include "engine/analysis/native_targets.h"
#include "engine/analysis/rule_runner.h"
#include "engine/analysis/target_frame.h"
#include "engine/analysis/target_graph.h"
#include "engine/analysis/user_error.h"
#include "engine/base/diagnostic.h"
#include "engine/base/status.h"

namespace cow::analysis {

using loading::Target;

namespace {

std::string KindText(const Target& target) {
  switch (target.kind()) {
    case Target::Kind::kRule:
      return target.rule_class().name() + " rule";
    case Target::Kind::kSourceFile:
      return "source file";
    case Target::Kind::kOutputFile:
      return "generated file";
    case Target::Kind::kPackageGroup:
      return "package group";
  }
  return "target";
}

// A target that is there but gives nothing.
void FillEmpty(ConfiguredTarget& target) {
  auto heap = std::make_unique<starlark::Heap>();
  SetDefaultInfo(target, *heap, {});
  target.heap = starlark::Heap::Freeze(std::move(heap));
}

}  // namespace

absl::StatusOr<std::string> TargetGraph::OwnIncompatibility(const Frame& frame) {
  const loading::RuleClass& rule = frame.declared->rule_class();
  if (rule.is_foreign()) {
    return absl::StrCat("a ", rule.name(), " rule, which cow has no implementation of");
  }
  if (const RuleAttributes::Entry* entry = frame.attributes.Find("target_compatible_with")) {
    COW_ASSIGN_OR_RETURN(
        std::vector<Label> missing,
        conditions(frame.key.second).MissingConstraints(loading::LabelsOf(entry->raw)));
    if (!missing.empty()) {
      return absl::StrCat("not compatible with platform ",
                          frame.key.second->platform.label.ToString(), ": lacks ",
                          missing.front().ToString());
    }
  }
  return std::string();
}

absl::StatusOr<std::string> TargetGraph::Incompatibility(const Frame& frame) {
  COW_ASSIGN_OR_RETURN(std::string own, OwnIncompatibility(frame));
  if (!own.empty()) return own;
  for (const DependencyEdge& edge : frame.edges) {
    const std::string& reason = edge.target->resolved().incompatible;
    if (!reason.empty())
      return absl::StrCat("depends on ", edge.label.ToString(), reason.starts_with("depends on") ? ", which " : ", which is ", reason);
  }
  return std::string();
}

absl::StatusOr<std::unique_ptr<ConfiguredTarget>> TargetGraph::Complete(Frame& frame) {
  auto target = std::make_unique<ConfiguredTarget>();
  const Target& declared = *frame.declared;
  target->label = declared.label();
  target->configuration = frame.key.second;
  target->kind = KindText(declared);
  if (parts_.on_dependencies && frame.key.aspects == nullptr) {
    parts_.on_dependencies({declared, frame.key.second, frame.edges, frame.attributes});
  }
  switch (declared.kind()) {
    case Target::Kind::kSourceFile:
      COW_RETURN_IF_ERROR(ConfigureSourceFile(parts_.loader, declared, artifacts_, *target));
      break;
    case Target::Kind::kOutputFile: {
      const ConfiguredTarget& rule = *frame.edges.front().target;
      target->incompatible = rule.incompatible;
      if (rule.incompatible.empty()) {
        COW_RETURN_IF_ERROR(ConfigureOutputFile(declared, rule, artifacts_, *target));
      } else {
        FillEmpty(*target);
      }
      break;
    }
    case Target::Kind::kPackageGroup:
      FillEmpty(*target);
      break;
    case Target::Kind::kRule:
      COW_RETURN_IF_ERROR(frame.key.aspects != nullptr ? CompleteAspect(frame, *target)
                                                       : CompleteRule(frame, *target));
      break;
  }
  return target;
}

void TargetGraph::TakeDependencies(Frame& frame) {
  for (size_t i = 0; i < frame.homes.size(); ++i) {
    auto [entry, position] = frame.homes[i];
    frame.attributes.entries()[entry].edges[position].target = frame.edges[i].target;
  }
}

absl::Status TargetGraph::TakeToolchains(Frame& frame) {
  const Target& declared = *frame.declared;
  for (size_t i = 0; i < frame.toolchains.size(); ++i) {
    int edge = frame.toolchain_edges[i];
    if (edge < 0) continue;
    const ConfiguredTarget* implementation = frame.edges[static_cast<size_t>(edge)].target;
    if (implementation->resolved()
            .providers.Find(BuiltinProviders::Get().toolchain_info)
            .IsUnset()) {
      return declared.Error(absl::StrCat("the toolchain '", implementation->label.ToString(),
                                         "' of type ", frame.toolchains[i].type.ToString(),
                                         " does not provide ToolchainInfo"));
    }
    frame.toolchains[i].implementation = implementation;
  }
  return absl::OkStatus();
}

absl::Status TargetGraph::CompleteRule(Frame& frame, ConfiguredTarget& target) {
  const Target& declared = *frame.declared;
  absl::StatusOr<std::string> incompatible = Incompatibility(frame);
  if (!incompatible.ok()) {
    return IsDiagnostic(incompatible.status()) ? incompatible.status()
                                               : declared.Error(incompatible.status().message());
  }
  if (!incompatible->empty()) {
    target.incompatible = *incompatible;
    FillEmpty(target);
    return absl::OkStatus();
  }
  if (declared.rule_class().is_native()) {
    return ConfigureNativeRule(parts_.loader, declared, frame.edges, target);
  }
  TakeDependencies(frame);
  COW_RETURN_IF_ERROR(TakeToolchains(frame));
  COW_RETURN_IF_ERROR(frame.attributes.Finish());
  RuleContext::Surroundings surroundings{declared,      *frame.package,   *frame.key.second,
                                         parts_.loader, parts_.platforms, artifacts_};
  absl::StatusOr<RuleContext::GroupProperties> properties = ExecPropertiesByGroup(frame);
  if (!properties.ok()) return declared.Error(properties.status().message());
  RuleRun run{.surroundings = surroundings,
              .attributes = std::move(frame.attributes),
              .toolchains = std::move(frame.toolchains),
              .exec_properties = *std::move(properties),
              .on_print = parts_.on_print};
  if (declared.rule_class().definition().build_setting != nullptr) {
    COW_ASSIGN_OR_RETURN(run.setting_value, conditions(frame.key.second).SettingValue(declared));
  }
  COW_RETURN_IF_ERROR(RunRule(std::move(run), target));
  return RegisterActions(declared, target);
}

absl::Status TargetGraph::RegisterActions(const Target& declared, const ConfiguredTarget& target) {
  for (const auto& record : target.actions) {
    for (ArtifactId output : record->action.outputs) {
      const ActionRecord* other = artifacts_.generator(output);
      if (other != nullptr && !SameAction(*other, *record)) {
        return declared.Error(absl::StrCat(
            "file '", artifacts_[output].short_path(), "' is generated by conflicting actions: ",
            other->action.mnemonic, " of ", other->action.owner.ToString(), " (",
            other->location.ToString(), ") and ", record->action.mnemonic, " of ",
            record->action.owner.ToString(), " (", record->location.ToString(), ")"));
      }
    }
  }
  for (const auto& record : target.actions) {
    for (ArtifactId output : record->action.outputs) {
      if (artifacts_.generator(output) == nullptr) artifacts_.set_generator(output, record.get());
    }
  }
  return absl::OkStatus();
}

}  // namespace cow::analysis
