// Merged /usr: bin, sbin, lib, lib32, lib64 and libx32 live below usr/, and links stay right when moved.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace cow::pack {

inline constexpr std::array<std::string_view, 6> kMergedDirectories = {"bin",   "lib",   "lib32",
                                                                       "lib64", "libx32", "sbin"};

// "usr/bin/x" for "bin/x"; other paths unchanged.
std::string MergeUsr(std::string_view path);

// Where a symlink at `link` (a path in the tree) points to, as a path in the tree; "" is the root.
// kInvalidArgument if it climbs above the root.
absl::StatusOr<std::string> ResolveLink(std::string_view link, std::string_view target);

// The relative target that leads from a symlink at `link` to `place`, both paths in the tree.
std::string RelativeTarget(std::string_view link, std::string_view place);

}  // namespace cow::pack
