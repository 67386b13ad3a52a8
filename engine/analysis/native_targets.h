// ConfigureNative: targets without a rule function: files, and the rules that the engine itself
// knows.
#pragma once

#include "absl/status/status.h"
#include "engine/analysis/artifact_table.h"
#include "engine/analysis/configured_target.h"
#include "engine/analysis/rule_attributes.h"
#include "engine/loading/package_loader.h"
#include "engine/loading/target.h"

namespace cow::analysis {

// Labels that a native rule really needs configured, by attribute name; "" for none. toolchain()
// has none: looking at a toolchain must not make it.
std::string_view NativeDependencyAttribute(std::string_view rule);

// Each fills `target`, whose label, configuration and kind are set already.

// A file of the workspace. kNotFound, plain, if it is not there.
absl::Status ConfigureSourceFile(loading::PackageLoader& loader, const loading::Target& file,
                                 ArtifactTable& artifacts, ConfiguredTarget& target);

// A file named in an output attribute of `rule`.
absl::Status ConfigureOutputFile(const loading::Target& file, const ConfiguredTarget& rule,
                                 ArtifactTable& artifacts, ConfiguredTarget& target);

// alias, config_setting, platform, host_tree, ...: `edges` are the dependencies by
// NativeDependencyAttribute.
absl::Status ConfigureNativeRule(loading::PackageLoader& loader, const loading::Target& rule,
                                 const std::vector<DependencyEdge>& edges,
                                 ConfiguredTarget& target);

}  // namespace cow::analysis
