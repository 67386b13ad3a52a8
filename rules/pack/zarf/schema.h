// The shape of a v1alpha1 zarf.yaml: which fields exist, what they hold, which of them this tool cannot build.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "rules/pack/yaml/yaml_node.h"

namespace cow::pack {

// kInvalidArgument as `file:line: field: why` for an unknown field (with a suggestion), a value of the wrong type or
// an unsupported field that is not empty. Marks all text fields as quoted, so that they are written as strings.
absl::Status CheckZarfSchema(YamlNode& package, const std::string& file);

// The message form of all Zarf errors.
absl::Status ZarfError(const std::string& file, int line, std::string_view field, std::string_view why);

}  // namespace cow::pack
