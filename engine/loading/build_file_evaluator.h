// EvaluateBuildFile: the text of one BUILD file to a Package.
#pragma once

#include "absl/status/statusor.h"
#include "engine/loading/package.h"
#include "engine/loading/workspace.h"
#include "engine/model/label.h"

namespace cow::loading {

// Failure: see PackageLoader::Load.
absl::StatusOr<PackagePtr> EvaluateBuildFile(Workspace& workspace, const PackageId& id);

}  // namespace cow::loading
