// The names of the file that makes a directory a package, in the order in which they are looked for.
#pragma once

#include <string_view>

namespace cow {

inline constexpr std::string_view kBuildFileNames[] = {"BUILD.cow", "BUILD.bazel", "BUILD"};

}  // namespace cow
