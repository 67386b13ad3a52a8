// MakeConfigurations: what the command line says, as the two configurations of a build.
#pragma once

#include "absl/status/statusor.h"
#include "engine/analysis/analyzer.h"
#include "engine/analysis/configuration.h"
#include "engine/analysis/platform_table.h"
#include "engine/loading/workspace.h"

namespace cow::analysis {

struct ConfigurationPair {
  Configuration target{};
  Configuration exec{};  // host platform, opt, none of the flags for target code
};

// Failure: a plain message naming the option.
absl::StatusOr<ConfigurationPair> MakeConfigurations(const BuildOptions& options,
                                                     const loading::Workspace& workspace,
                                                     PlatformTable& platforms);

}  // namespace cow::analysis
