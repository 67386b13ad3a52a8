// The package definition: zarf.yaml read, templated, imports merged in, components filtered.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rules/pack/yaml/yaml_node.h"

namespace cow::pack {

// Where the content of the paths in zarf.yaml lies. Paths are relative to the main zarf.yaml's folder.
class SourceMap {
 public:
  SourceMap(std::string folder, const std::vector<std::pair<std::string, std::string>>& given);

  // The file or directory for a path; kNotFound (naming the path) if there is none. kInvalidArgument for URLs and
  // absolute paths.
  absl::StatusOr<std::string> Find(std::string_view path) const;

  // "a/../b" as "b"; ".." that lead out stay.
  static std::string Normalize(std::string_view path);

 private:
  std::string folder_;
  std::map<std::string, std::string> given_;  // by normalized path
};

struct DefinitionOptions {
  std::string file;  // zarf.yaml
  std::string architecture, flavor;
  std::map<std::string, std::string> variables;  // by upper-case name
};

// Replaces ###ZARF_PKG_TMPL_X###, ###ZARF_PKG_VAR_X### and ###ZARF_PKG_ARCH###. kInvalidArgument with the line for a
// variable that is not given.
absl::StatusOr<std::string> ExpandPackageTemplates(const std::string& text, const DefinitionOptions& options,
                                                   const std::string& file);

// The composed package. Local paths in it are relative to the main zarf.yaml's folder.
absl::StatusOr<YamlNode> LoadDefinition(const DefinitionOptions& options, const SourceMap& sources);

}  // namespace cow::pack
