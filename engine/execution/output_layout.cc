#include "engine/execution/output_layout.h"

#include "engine/base/rel_path.h"
#include "engine/base/status.h"

namespace cow::execution {

absl::Status OutputLayout::Add(const std::string& path, const ArtifactValue& value, TreeReader& trees_reader) {
  switch (value.kind) {
    case ArtifactValue::Kind::kFile:
      files.push_back({path, value.digest, value.executable});
      return absl::OkStatus();
    case ArtifactValue::Kind::kSymlink:
      links.push_back({path, value.target});
      return absl::OkStatus();
    case ArtifactValue::Kind::kTree:
      break;
  }
  COW_ASSIGN_OR_RETURN(auto contents, trees_reader.Read(value.digest));
  trees.push_back(path);
  directories.push_back(path);
  for (const store::TreeEntry& entry : contents->entries) {
    std::string entry_path = JoinPath(path, entry.path);
    switch (entry.kind) {
      case store::TreeEntry::Kind::kFile:
        files.push_back({std::move(entry_path), entry.digest, entry.executable});
        break;
      case store::TreeEntry::Kind::kSymlink:
        links.push_back({std::move(entry_path), entry.target});
        break;
      case store::TreeEntry::Kind::kEmptyDirectory:
        directories.push_back(std::move(entry_path));
        break;
    }
  }
  return absl::OkStatus();
}

}  // namespace cow::execution
