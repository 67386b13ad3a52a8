// Glob: the files of a package that match patterns.
//
// `*` matches within one path segment, `**` any number of whole segments. Directories that are packages of
// their own are not entered, nor are cow's output directories and nested workspaces.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/loading/source_tree.h"

namespace cow::loading {

struct GlobRequest {
  std::vector<std::string> include{};
  std::vector<std::string> exclude{};
  bool files = true;
  bool directories = false;
  bool allow_empty = false;
};

// Paths below `directory`, sorted, unique. Failure: a plain message about a pattern, or that nothing matched.
absl::StatusOr<std::vector<std::string>> Glob(SourceTree& tree, const std::string& directory,
                                              const GlobRequest& request);

// "segment '..' not permitted", "pattern cannot be absolute", ...
absl::Status CheckGlobPattern(std::string_view pattern);

// Whether the whole of `path` matches.
bool MatchesGlob(std::string_view pattern, std::string_view path);

// Directories no package search and no glob enters: "cow-out", "cow-bin", "bazel-*", ".git".
bool IsHiddenFromSearch(std::string_view directory_name);

// Paths of directories below `directory` that are packages and whose names match; nested ones only below
// directories that are none themselves.
absl::StatusOr<std::vector<std::string>> FindSubpackages(SourceTree& tree, const std::string& directory,
                                                         const GlobRequest& request);

}  // namespace cow::loading
