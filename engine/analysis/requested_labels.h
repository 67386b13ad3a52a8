// What requested labels stand for before anything is configured.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "engine/loading/package_loader.h"
#include "engine/model/label.h"

namespace cow::analysis {

// The tests that a test_suite names, also through other suites, each once; any other label is
// itself. A suite that names none means all tests of its package that are not tagged "manual".
absl::StatusOr<std::vector<Label>> ExpandTestSuites(const Label& label,
                                                    loading::PackageLoader& loader);

}  // namespace cow::analysis
