// images/ of a Zarf package: an OCI layout of the images its components name.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rules/pack/tree/file_tree.h"
#include "rules/pack/yaml/yaml_node.h"

namespace cow::pack {

// Adds images/** to the tree; nothing if no component names an image. `given` maps references to layout directories.
// kInvalidArgument for an image without layout, a layout nobody uses, or a layout without the platform.
absl::Status AddZarfImages(const YamlNode& package, const std::vector<std::pair<std::string, std::string>>& given,
                           const std::string& architecture, FileTree& tree);

}  // namespace cow::pack
