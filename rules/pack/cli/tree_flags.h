// The flags that put files into a tree, shared by `layer` and `deb`:
// --file --tree --symlink --dir, and --mode --owner which adjust what is there.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "rules/pack/cli/flags.h"
#include "rules/pack/tree/file_tree.h"

namespace cow::pack {

std::vector<FlagSpec> TreeFlags();

// Maps a destination before it is used, e.g. below usr/.
using PathMap = std::function<std::string(std::string_view)>;

absl::Status AddTreeFlags(const ParsedFlags& flags, const PathMap& map, const PathFilter& exclude, FileTree& tree);

// --mode and --owner; kInvalidArgument for a path that is not in the tree.
absl::Status ApplyModeFlags(const ParsedFlags& flags, const PathMap& map, FileTree& tree);

}  // namespace cow::pack
