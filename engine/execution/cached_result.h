// Decides whether a result from the action cache may be used.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/execution/artifact_value.h"
#include "engine/execution/output_scan.h"

namespace cow::execution {

// The values of the declared outputs, in their order. nullopt unless the result is a success from a sandbox of at
// least `min_tier` that names exactly these outputs. Whether their bytes are present is another question.
std::optional<std::vector<ArtifactValue>> UsableValues(const ActionResult& result,
                                                       const std::vector<DeclaredOutput>& declared,
                                                       std::string_view min_tier);

}  // namespace cow::execution
