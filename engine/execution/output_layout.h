// OutputLayout: the files, symlinks and directories that should be found below one directory, as a flat list made
// from artifact values.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/execution/artifact_value.h"
#include "engine/execution/tree_reader.h"

namespace cow::execution {

struct OutputLayout {
  struct File {
    std::string path{};
    Digest digest{};
    bool executable = false;
  };
  struct Link {
    std::string path{};
    std::string target{};
  };

  std::vector<File> files{};
  std::vector<Link> links{};
  std::vector<std::string> directories{};  // that exist even if empty
  std::vector<std::string> trees{};        // directories that hold nothing but what is listed
  std::vector<std::string> absent{};       // where nothing may be

  // Adds what has this value at `path`. A miss (store::IsMiss) if the contents of a tree are not known.
  absl::Status Add(const std::string& path, const ArtifactValue& value, TreeReader& trees_reader);
};

}  // namespace cow::execution
