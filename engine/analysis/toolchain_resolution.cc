#include "engine/analysis/toolchain_resolution.h"

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/analysis/user_error.h"
#include "engine/base/diagnostic.h"
#include "engine/base/status.h"
#include "engine/loading/target.h"
#include "engine/loading/target_pattern_resolver.h"
#include "engine/loading/workspace.h"

namespace cow::analysis {

namespace {

absl::StatusOr<Label> TypeOf(const Label& type, ConditionTable& conditions) {
  COW_ASSIGN_OR_RETURN(const loading::Target* target, conditions.FollowAliases(type));
  if (IsNativeRule(*target, "toolchain_type")) return target->label();
  return UserError("'", type.ToString(), "' is not a toolchain_type");
}

std::string Lacks(std::string_view what, const PlatformInfo& platform,
                  const std::vector<Label>& missing) {
  std::vector<std::string> names;
  for (const Label& label : missing) names.push_back(label.ToString());
  return absl::StrCat(what, " platform ", platform.label.ToString(), " lacks ",
                      absl::StrJoin(names, ", "));
}

}  // namespace

absl::StatusOr<DeclaredToolchain> ToolchainResolution::Read(const loading::Target& target) {
  std::optional<Label> type = target.LabelAttr("toolchain_type");
  std::optional<Label> implementation = target.LabelAttr("toolchain");
  if (!type || !implementation)
    return target.Error("a toolchain needs 'toolchain_type' and 'toolchain'");
  absl::StatusOr<const loading::Target*> resolved = platforms_.LoadNative(*type, "toolchain_type");
  if (!resolved.ok()) {
    return IsDiagnostic(resolved.status()) ? resolved.status()
                                           : target.Error(resolved.status().message());
  }
  return DeclaredToolchain{target.label(),
                           (*resolved)->label(),
                           *implementation,
                           target.LabelListAttr("exec_compatible_with"),
                           target.LabelListAttr("target_compatible_with"),
                           target.LabelListAttr("target_settings")};
}

absl::Status ToolchainResolution::LoadPattern(const loading::Registration& registration,
                                              Toolchains& toolchains) {
  auto at = [&](const absl::Status& status) {
    if (IsDiagnostic(status) || registration.location.file.empty()) return status;
    return DiagnosticError(
        {.location = registration.location,
         .message = absl::StrCat("in registered toolchain '", registration.pattern,
                                 "': ", status.message())});
  };
  loading::PatternOptions options;
  options.base = registration.base;
  absl::StatusOr<loading::ResolvedPatterns> labels =
      loading::ResolvePatterns({registration.pattern}, options, loader_);
  if (!labels.ok()) return at(labels.status());
  bool is_wildcard = absl::StrContains(registration.pattern, "...") ||
                     absl::EndsWith(registration.pattern, ":all");
  for (const Label& label : labels->labels) {
    absl::StatusOr<const loading::Target*> target = FollowAliases(loader_, label);
    if (!target.ok()) return at(target.status());
    if (!IsNativeRule(**target, "toolchain")) {
      if (is_wildcard) continue;
      return at(UserError("'", label.ToString(), "' is not a toolchain"));
    }
    COW_ASSIGN_OR_RETURN(DeclaredToolchain toolchain, Read(**target));
    toolchains.push_back(std::move(toolchain));
  }
  return absl::OkStatus();
}

absl::StatusOr<const ToolchainResolution::Toolchains*> ToolchainResolution::Candidates(
    const Configuration& configuration) {
  auto known = candidates_.find(configuration.extra_toolchains);
  if (known != candidates_.end()) return &known->second;
  Toolchains toolchains;
  for (const std::string& pattern : configuration.extra_toolchains) {
    COW_RETURN_IF_ERROR(LoadPattern({.pattern = pattern}, toolchains));
  }
  for (const loading::Registration& registration : loader_.workspace().toolchains()) {
    COW_RETURN_IF_ERROR(LoadPattern(registration, toolchains));
  }
  return &candidates_.emplace(configuration.extra_toolchains, std::move(toolchains)).first->second;
}

absl::StatusOr<std::string> ToolchainResolution::Mismatch(const DeclaredToolchain& toolchain,
                                                          ConditionTable& conditions) {
  COW_ASSIGN_OR_RETURN(auto missing, conditions.MissingConstraints(toolchain.target_constraints));
  if (!missing.empty()) return Lacks("target", conditions.configuration().platform, missing);
  COW_ASSIGN_OR_RETURN(missing, platforms_.Missing(exec_, toolchain.exec_constraints));
  if (!missing.empty()) return Lacks("execution", exec_, missing);
  for (const Label& setting : toolchain.settings) {
    COW_ASSIGN_OR_RETURN(ConditionTable::Match match, conditions.Evaluate(setting));
    if (!match.holds) return absl::StrCat(setting.ToString(), " does not hold");
  }
  return std::string();
}

absl::StatusOr<std::optional<Label>> ToolchainResolution::Find(const Label& type,
                                                               ConditionTable& conditions) {
  COW_ASSIGN_OR_RETURN(const Toolchains* toolchains, Candidates(conditions.configuration()));
  COW_ASSIGN_OR_RETURN(Label wanted, TypeOf(type, conditions));
  for (const DeclaredToolchain& toolchain : *toolchains) {
    if (toolchain.type != wanted) continue;
    COW_ASSIGN_OR_RETURN(std::string mismatch, Mismatch(toolchain, conditions));
    if (mismatch.empty()) return std::optional<Label>(toolchain.implementation);
  }
  return std::optional<Label>();
}

absl::StatusOr<std::string> ToolchainResolution::Explain(const Label& type,
                                                         ConditionTable& conditions) {
  COW_ASSIGN_OR_RETURN(const Toolchains* toolchains, Candidates(conditions.configuration()));
  COW_ASSIGN_OR_RETURN(Label wanted, TypeOf(type, conditions));
  std::string text;
  for (const DeclaredToolchain& toolchain : *toolchains) {
    if (toolchain.type != wanted) continue;
    COW_ASSIGN_OR_RETURN(std::string mismatch, Mismatch(toolchain, conditions));
    absl::StrAppend(&text, "\n    ", toolchain.label.ToString(), ": ", mismatch);
  }
  if (text.empty())
    return std::string(
        "; no toolchain of this type is registered (register_toolchains in WORKSPACE.cow)");
  return "; registered toolchains:" + text;
}

}  // namespace cow::analysis
