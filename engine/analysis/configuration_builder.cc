#include "engine/analysis/configuration_builder.h"

#include <utility>

#include "engine/analysis/user_error.h"
#include "engine/base/diagnostic.h"
#include "engine/base/status.h"

namespace cow::analysis {

namespace {

absl::Status InOption(std::string_view option, const absl::Status& status) {
  return IsDiagnostic(status) ? status : UserError("in ", option, ": ", status.message());
}

absl::StatusOr<PlatformInfo> LoadPlatform(std::string_view option, const Label& label,
                                          PlatformTable& platforms) {
  absl::StatusOr<PlatformInfo> platform = platforms.LoadPlatform(label);
  if (!platform.ok()) return InOption(option, platform.status());
  return platform;
}

absl::StatusOr<Label> ParseOption(std::string_view option, std::string_view text,
                                  const loading::Workspace& workspace) {
  absl::StatusOr<Label> label = workspace.ParseLabel(text, {});
  if (!label.ok()) return InOption(option, label.status());
  return label;
}

}  // namespace

absl::StatusOr<ConfigurationPair> MakeConfigurations(const BuildOptions& options,
                                                     const loading::Workspace& workspace,
                                                     PlatformTable& platforms) {
  const std::string& mode = options.compilation_mode;
  if (mode != "fastbuild" && mode != "dbg" && mode != "opt") {
    return UserError("in --compilation_mode: expected fastbuild, dbg or opt, got '", mode, "'");
  }
  Label host;
  if (options.host_platform.empty()) {
    COW_ASSIGN_OR_RETURN(host, DefaultHostPlatform());
  } else {
    COW_ASSIGN_OR_RETURN(host, ParseOption("--host_platform", options.host_platform, workspace));
  }
  ConfigurationPair pair;
  COW_ASSIGN_OR_RETURN(pair.exec.platform, LoadPlatform("--host_platform", host, platforms));
  pair.target.platform = pair.exec.platform;
  if (!options.target_platform.empty()) {
    COW_ASSIGN_OR_RETURN(Label label,
                         ParseOption("--platforms", options.target_platform, workspace));
    COW_ASSIGN_OR_RETURN(pair.target.platform, LoadPlatform("--platforms", label, platforms));
  }
  pair.exec.compilation_mode = "opt";
  pair.exec.is_exec = true;
  pair.target.compilation_mode = mode;
  pair.target.copts = options.copts;
  pair.target.conlyopts = options.conlyopts;
  pair.target.cxxopts = options.cxxopts;
  pair.target.linkopts = options.linkopts;
  for (const std::string& feature : options.features) {
    if (feature.starts_with('-')) {
      pair.target.disabled_features.push_back(feature.substr(1));
    } else {
      pair.target.features.push_back(feature);
    }
  }
  for (Configuration* configuration : {&pair.target, &pair.exec}) {
    configuration->cpu = PlatformTable::CpuOf(configuration->platform);
    configuration->defines = options.defines;
    configuration->action_env = options.action_env;
    for (const auto& [name, value] : options.flags) {
      COW_ASSIGN_OR_RETURN(Label label, ParseOption("--" + name, name, workspace));
      configuration->flags[label] = value;
    }
  }
  return pair;
}

}  // namespace cow::analysis
