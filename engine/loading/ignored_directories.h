// IgnoredDirectories: what `.cowignore` and `.bazelignore` at the top of a repository leave out of `...` patterns.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "engine/loading/source_tree.h"

namespace cow::loading {

// One directory a line, relative to the top; empty lines and lines that begin with '#' say nothing. Any thread.
class IgnoredDirectories {
 public:
  // Reads both files of the repository at `root`; absent ones ignore nothing.
  IgnoredDirectories(SourceTree& tree, const std::string& root);

  // Whether the directory is one of them. What lies below is not asked for.
  bool Contains(std::string_view path) const { return paths_.contains(path); }

 private:
  std::set<std::string, std::less<>> paths_;
};

}  // namespace cow::loading
