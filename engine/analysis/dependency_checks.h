// What a dependency must be for the attribute that names it: visible, of the right files, with the
// right providers.
#pragma once

#include "absl/status/status.h"
#include "engine/analysis/rule_attributes.h"
#include "engine/loading/package_loader.h"
#include "engine/loading/target.h"

namespace cow::analysis {

// "in deps attribute of cc_library rule //a:b: "; for edges without attribute "in //a:b: ".
std::string DescribeEdge(const loading::Target& target, const DependencyEdge& edge);

// Before the dependency is configured: visibility and testonly. Failure: a diagnostic at `target`.
absl::Status CheckMayDepend(loading::PackageLoader& loader, const loading::Target& target,
                            const DependencyEdge& edge, const loading::Target& dependency);

// After it was configured: allow_files, single file, executable, providers. Failure: a diagnostic
// at `target`.
absl::Status CheckDependency(const loading::Target& target, const DependencyEdge& edge);

}  // namespace cow::analysis
