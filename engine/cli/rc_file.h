// Flags from files: .cowrc of the workspace, then .cowrc of the user. Bazel's .bazelrc format:
//
//   build --jobs=4             # for build and what inherits from it: test, run
//   build:asan --copt=-fsanitize=address
//   common --color=yes         # for every command that knows the flag
//   try-import %workspace%/user.cowrc
//
// They stand before the flags of the command line; --config=asan is replaced by the lines of that name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace cow::cli {

// One line, read and split into words.
struct RcLine {
  std::string command{};  // "build", "common", "always", ...
  std::string config{};   // what follows the colon; "" = always on
  std::vector<std::string> arguments{};
  std::string place{};  // "/w/.cowrc:3"
};

// The lines of a file and of what it imports, in order. Failure: "path:line: ..." says what is wrong.
absl::StatusOr<std::vector<RcLine>> ReadRcFile(const std::string& path, const std::string& workspace_root);

// Those of the files that exist. Either may be "".
absl::StatusOr<std::vector<RcLine>> ReadRcFiles(const std::string& workspace_root, const std::string& home);

// The arguments of a command with those of the lines that are for it. Failure: a config that no line defines, one that
// names itself, a flag that the command does not take.
absl::StatusOr<std::vector<std::string>> WithRcLines(std::string_view command,
                                                     const std::vector<std::string>& arguments,
                                                     const std::vector<RcLine>& lines);

}  // namespace cow::cli
