// LoadCommandLineAspects: --aspects and --aspects_parameters as uses of aspects.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "engine/analysis/analyzer.h"
#include "engine/analysis/aspect_path.h"
#include "engine/loading/package_loader.h"

namespace cow::analysis {

// Loads the files that define them; the loader's workspace keeps them. Failure: a plain message, or diagnostics of
// the file.
absl::StatusOr<std::vector<AspectUse>> LoadCommandLineAspects(const AnalysisRequest& request,
                                                              loading::PackageLoader& loader);

}  // namespace cow::analysis
