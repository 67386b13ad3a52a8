#include "engine/execution/input_paths.h"

#include "engine/base/status.h"

namespace cow::execution {

InputPaths::InputPaths(const BuildPlan& plan, const std::vector<ArtifactId>& inputs,
                       const std::vector<ArtifactValue>& values, TreeReader& reader)
    : plan_(plan), reader_(reader) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (values[i].kind == ArtifactValue::Kind::kTree) trees_[inputs[i]] = values[i].digest;
  }
}

absl::StatusOr<std::vector<std::string>> InputPaths::TreeFiles(ArtifactId id) const {
  COW_ASSIGN_OR_RETURN(auto contents, reader_.Read(trees_.at(id)));
  std::vector<std::string> files;
  for (const store::TreeEntry& entry : contents->entries) {
    if (entry.kind != store::TreeEntry::Kind::kEmptyDirectory) files.push_back(entry.path);
  }
  return files;
}

}  // namespace cow::execution
