// Import composition: how an importing component changes the one it imports.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "rules/pack/yaml/yaml_node.h"

namespace cow::pack {

// Prefixes the local paths of a component by the folder of its zarf.yaml; "" changes nothing.
void RebasePaths(YamlNode& component, const std::string& folder);

// `own` over `imported`: scalars are overridden, lists appended, charts and manifests of one name merged.
absl::StatusOr<YamlNode> MergeComponent(YamlNode imported, const YamlNode& own, const std::string& file);

}  // namespace cow::pack
