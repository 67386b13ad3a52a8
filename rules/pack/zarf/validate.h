// What `zarf package create` checks of a definition, and what the archive's names must fulfil.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "rules/pack/yaml/yaml_node.h"

namespace cow::pack {

// A composed definition. Errors are `file:line: 'field' why`.
absl::Status ValidateDefinition(const YamlNode& package, const std::string& file);

// No '/', no '\', not "..".
absl::Status CheckZarfName(std::string_view what, std::string_view name);

// What Zarf's extraction guard rejects: ':' and '\' in a name, parts ending in dot or space, Windows' device names.
absl::Status CheckExtractableName(std::string_view path);

}  // namespace cow::pack
