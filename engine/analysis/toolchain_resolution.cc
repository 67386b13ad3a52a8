#include "engine/analysis/toolchain_resolution.h"

#include <optional>
#include <set>
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

bool IsWildcard(std::string_view pattern) {
  return absl::StrContains(pattern, "...") || absl::EndsWith(pattern, ":all");
}

// Says which registration is wrong, at its place if it has one.
absl::Status AtRegistration(std::string_view what, const loading::Registration& registration,
                            const absl::Status& status) {
  if (IsDiagnostic(status)) return status;
  std::string message =
      absl::StrCat("in registered ", what, " '", registration.pattern, "': ", status.message());
  if (registration.location.file.empty()) return UserError(message);
  return DiagnosticError({.location = registration.location, .message = std::move(message)});
}

std::string Lacks(std::string_view what, const PlatformInfo& platform,
                  const std::vector<Label>& missing) {
  std::vector<std::string> names;
  for (const Label& label : missing) names.push_back(label.ToString());
  return absl::StrCat(what, " platform ", platform.label.ToString(), " lacks ",
                      absl::StrJoin(names, ", "));
}

// Why none of them will do.
std::string ReasonsOf(const ToolchainDecision& decision) {
  if (decision.considered.empty()) {
    return "; no toolchain of this type is registered (register_toolchains in WORKSPACE.cow)";
  }
  std::string reasons = "; registered toolchains:";
  for (const ToolchainDecision::Candidate& candidate : decision.considered) {
    absl::StrAppend(&reasons, "\n    ", candidate.toolchain.ToString(), ": ", candidate.mismatch);
  }
  return reasons;
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
                           target.LabelListAttr("target_settings"),
                           target.BoolAttr("use_target_platform_constraints")};
}

absl::Status ToolchainResolution::LoadPattern(const loading::Registration& registration,
                                              Toolchains& toolchains) {
  loading::PatternOptions options;
  options.base = registration.base;
  COW_ASSIGN_OR_RETURN(loading::ResolvedPatterns labels,
                       loading::ResolvePatterns({registration.pattern}, options, loader_));
  for (const Label& label : labels.labels) {
    COW_ASSIGN_OR_RETURN(const loading::Target* target, FollowAliases(loader_, label));
    if (!IsNativeRule(*target, "toolchain")) {
      if (IsWildcard(registration.pattern)) continue;
      return UserError("'", label.ToString(), "' is not a toolchain");
    }
    COW_ASSIGN_OR_RETURN(DeclaredToolchain toolchain, Read(*target));
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
    absl::Status loaded = LoadPattern({.pattern = pattern}, toolchains);
    if (!loaded.ok()) return AtRegistration("toolchain", {.pattern = pattern}, loaded);
  }
  for (const loading::Registration& registration : loader_.workspace().toolchains()) {
    absl::Status loaded = LoadPattern(registration, toolchains);
    if (!loaded.ok()) return AtRegistration("toolchain", registration, loaded);
  }
  return &candidates_.emplace(configuration.extra_toolchains, std::move(toolchains)).first->second;
}

absl::Status ToolchainResolution::LoadPlatforms(const loading::Registration& registration,
                                                Platforms& platforms) {
  loading::PatternOptions options;
  options.base = registration.base;
  COW_ASSIGN_OR_RETURN(loading::ResolvedPatterns labels,
                       loading::ResolvePatterns({registration.pattern}, options, loader_));
  bool is_wildcard = IsWildcard(registration.pattern);
  for (const Label& label : labels.labels) {
    COW_ASSIGN_OR_RETURN(const loading::Target* target, FollowAliases(loader_, label));
    if (is_wildcard && !IsNativeRule(*target, "platform")) continue;
    COW_ASSIGN_OR_RETURN(PlatformInfo platform, platforms_.LoadPlatform(label));
    platforms.push_back(std::move(platform));
  }
  return absl::OkStatus();
}

absl::StatusOr<const ToolchainResolution::Platforms*> ToolchainResolution::ExecutionPlatforms(
    const Configuration& configuration) {
  const std::vector<std::string>& extra = configuration.extra_execution_platforms;
  auto known = exec_platforms_.find(extra);
  if (known != exec_platforms_.end()) return &known->second;
  Platforms platforms;
  for (const std::string& pattern : extra) {
    absl::Status loaded = LoadPlatforms({.pattern = pattern}, platforms);
    if (!loaded.ok()) return AtRegistration("execution platform", {.pattern = pattern}, loaded);
  }
  for (const loading::Registration& registration : loader_.workspace().execution_platforms()) {
    absl::Status loaded = LoadPlatforms(registration, platforms);
    if (!loaded.ok()) return AtRegistration("execution platform", registration, loaded);
  }
  platforms.push_back(host_);
  return &exec_platforms_.emplace(extra, std::move(platforms)).first->second;
}

absl::StatusOr<std::string> ToolchainResolution::Mismatch(const DeclaredToolchain& toolchain,
                                                          const PlatformInfo& exec,
                                                          ConditionTable& conditions) {
  const PlatformInfo& target = conditions.configuration().platform;
  COW_ASSIGN_OR_RETURN(auto missing, conditions.MissingConstraints(toolchain.target_constraints));
  if (!missing.empty()) return Lacks("target", target, missing);
  COW_ASSIGN_OR_RETURN(missing, platforms_.Missing(exec, toolchain.exec_constraints));
  if (!missing.empty()) return Lacks("execution", exec, missing);
  if (toolchain.use_target_constraints) {
    std::vector<Label> wanted;
    for (const auto& [setting, value] : target.constraints) wanted.push_back(value);
    COW_ASSIGN_OR_RETURN(missing, platforms_.Missing(exec, wanted));
    if (!missing.empty()) return Lacks("execution", exec, missing);
  }
  for (const Label& setting : toolchain.settings) {
    COW_ASSIGN_OR_RETURN(ConditionTable::Match match, conditions.Evaluate(setting));
    if (!match.holds) return absl::StrCat(setting.ToString(), " does not hold");
  }
  return std::string();
}

absl::StatusOr<std::vector<ToolchainDecision::Candidate>> ToolchainResolution::Consider(
    const Label& type, const PlatformInfo& exec, ConditionTable& conditions) {
  COW_ASSIGN_OR_RETURN(const Toolchains* toolchains, Candidates(conditions.configuration()));
  std::vector<ToolchainDecision::Candidate> considered;
  for (const DeclaredToolchain& toolchain : *toolchains) {
    if (toolchain.type != type) continue;
    COW_ASSIGN_OR_RETURN(std::string mismatch, Mismatch(toolchain, exec, conditions));
    considered.push_back({toolchain.label, toolchain.implementation, std::move(mismatch)});
    if (considered.back().mismatch.empty()) break;
  }
  return considered;
}

absl::StatusOr<ExecutionChoice> ToolchainResolution::ResolveOn(const PlatformInfo& platform,
                                                               const ExecutionNeed& need,
                                                               ConditionTable& conditions,
                                                               std::string_view who,
                                                               std::string& problem) {
  ExecutionChoice choice{.platform = &platform};
  const Label& target_platform = conditions.configuration().platform.label;
  for (const loading::ToolchainRequirement& wanted : need.toolchains) {
    COW_ASSIGN_OR_RETURN(Label type, TypeOf(wanted.type, conditions));
    ToolchainDecision decision{.user = std::string(who),
                               .target_platform = target_platform,
                               .execution_platform = platform.label,
                               .type = type,
                               .mandatory = wanted.mandatory};
    COW_ASSIGN_OR_RETURN(decision.considered, Consider(type, platform, conditions));
    if (observer_) observer_(decision);
    const ToolchainDecision::Candidate* selected = decision.selected();
    if (selected == nullptr && wanted.mandatory) {
      problem = absl::StrCat(wanted.type.ToString(), " of ", who, " on platform ", target_platform.ToString(),
                             ReasonsOf(decision));
      return choice;
    }
    ExecutionChoice::Toolchain found{.type = type};
    if (selected != nullptr) found.implementation = selected->implementation;
    choice.toolchains.push_back(std::move(found));
  }
  return choice;
}

absl::StatusOr<ExecutionChoice> ToolchainResolution::Resolve(const ExecutionNeed& need,
                                                             ConditionTable& conditions,
                                                             std::string_view who) {
  COW_ASSIGN_OR_RETURN(const Platforms* platforms, ExecutionPlatforms(conditions.configuration()));
  std::string no_platform;
  std::string no_toolchain;
  for (const PlatformInfo& platform : *platforms) {
    COW_ASSIGN_OR_RETURN(std::vector<Label> missing,
                         platforms_.Missing(platform, need.exec_constraints));
    if (!missing.empty()) {
      if (observer_) {
        observer_({.user = std::string(who),
                   .target_platform = conditions.configuration().platform.label,
                   .execution_platform = platform.label,
                   .platform_mismatch = "it lacks " + missing.front().ToString()});
      }
      absl::StrAppend(&no_platform, no_platform.empty() ? " " : "; ", platform.label.ToString(),
                      " lacks ", missing.front().ToString());
      continue;
    }
    std::string problem;
    COW_ASSIGN_OR_RETURN(ExecutionChoice choice, ResolveOn(platform, need, conditions, who, problem));
    if (problem.empty()) return choice;
    if (no_toolchain.empty()) no_toolchain = std::move(problem);
  }
  if (no_toolchain.empty()) return UserError("no execution platform for ", who, ":", no_platform);
  return UserError("no matching toolchain for type ", no_toolchain);
}

absl::Status ToolchainResolution::TellAll(ConditionTable& conditions) {
  COW_ASSIGN_OR_RETURN(const Toolchains* toolchains, Candidates(conditions.configuration()));
  COW_ASSIGN_OR_RETURN(const Platforms* platforms, ExecutionPlatforms(conditions.configuration()));
  std::set<Label> types;
  for (const DeclaredToolchain& toolchain : *toolchains) types.insert(toolchain.type);
  ExecutionNeed need;
  for (const Label& type : types) need.toolchains.push_back({.type = type, .mandatory = false});
  for (const PlatformInfo& platform : *platforms) {
    std::string problem;
    COW_RETURN_IF_ERROR(ResolveOn(platform, need, conditions, "", problem).status());
  }
  return absl::OkStatus();
}

}  // namespace cow::analysis
