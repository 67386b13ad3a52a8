// components/<name>.tar: what one component brings beside its images, at the places deploy looks for it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "rules/pack/tree/file_tree.h"
#include "rules/pack/zarf/definition.h"

namespace cow::pack {

// Places inside a component's archive, below `<component>/`.
std::string ChartPlace(const YamlNode& chart);                     // charts/<name>[-<version>].tgz
std::string ValuesPlace(const YamlNode& chart, size_t index);      // values/<name>[-<version>]-<index>
std::string ManifestPlace(const YamlNode& manifest, size_t index); // manifests/<name>-<index>.yaml
std::string FilePlace(const YamlNode& file, size_t index);         // files/<index>/<basename of target>
std::string DataPlace(const YamlNode& injection, size_t index);    // data/<index>/<basename of target.path>

// The archive's tree, every path starting with the component's name; empty if it has no content.
absl::StatusOr<FileTree> ComponentTree(const YamlNode& component, const SourceMap& sources);

}  // namespace cow::pack
