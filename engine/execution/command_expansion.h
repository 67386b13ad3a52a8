// Turns the lazy CommandLine of an action into its arguments: depsets flattened, artifacts replaced by
// their paths, trees by their files, long lists spilled into parameter files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/command_line.h"
#include "engine/model/strong_id.h"

namespace cow::execution {

// What an expansion must know about artifacts.
class ArtifactPaths {
 public:
  virtual ~ArtifactPaths() = default;
  virtual const std::string& ExecPath(ArtifactId id) const = 0;
  virtual bool IsTree(ArtifactId id) const = 0;
  // Paths below the tree of its files and symlinks, sorted.
  virtual absl::StatusOr<std::vector<std::string>> TreeFiles(ArtifactId id) const = 0;
};

// A file that exists only as an input of the action whose arguments it holds.
struct ParamFile {
  std::string path{};  // exec path
  std::string bytes{};
};

struct ExpandedCommand {
  std::vector<std::string> argv{};
  std::vector<ParamFile> param_files{};
};

// Lists longer than this many bytes are spilled if they may be.
inline constexpr size_t kParamFileThreshold = 32 * 1024;

// Parameter files lie beside `first_output`: "<first_output>-<n>.params".
// kInvalidArgument for a bad format string; else only errors of TreeFiles.
absl::StatusOr<ExpandedCommand> ExpandCommandLine(const CommandLine& command, const ArtifactPaths& paths,
                                                  std::string_view first_output);

// The arguments as the text of a file, in the format of each list; nothing is spilled.
absl::StatusOr<std::string> ExpandToText(const CommandLine& command, const ArtifactPaths& paths);

}  // namespace cow::execution
