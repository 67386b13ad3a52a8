// Looks through the directories an action could write to, after its last process is dead.
//
// Only declared outputs are taken. Directories are walked by descriptor, never through a symlink; what is not a plain
// file, directory or symlink, is shared by a hard link, or carries a setuid bit is refused.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/execution/spawn_runner.h"
#include "engine/model/action_result.h"

namespace cow::execution {

struct DeclaredOutput {
  std::string path{};  // exec path
  ActionOutput::Kind kind = ActionOutput::Kind::kFile;
};

// One thing inside a tree output, or the output itself (path "").
struct FoundEntry {
  ActionOutput::Kind kind = ActionOutput::Kind::kFile;  // kTree: a directory
  std::string path{};                                   // below the output
  bool executable = false;                              // kFile
  std::string target{};                                 // kSymlink
  std::string host_path{};                              // kFile: a regular file with one name; the visitor may move it
};

// Called for each entry; for trees the directories before what is in them, names in byte order.
using EntryVisitor = std::function<absl::Status(const DeclaredOutput& output, FoundEntry entry)>;

struct ScanRequest {
  std::vector<SpawnWritable> writable{};
  std::vector<DeclaredOutput> outputs{};
  // True for inputs and directories that hold inputs: the sandbox leaves placeholders for them.
  std::function<bool(const std::string& exec_path)> is_input{};
};

// What is wrong with what the action left behind; complete phrases for "CppCompile failed: ...". Empty: all is well.
using BrokenPromises = std::vector<std::string>;

// Visits every entry of every declared output. Errors are the machine's or the visitor's.
absl::StatusOr<BrokenPromises> ScanOutputs(const ScanRequest& request, const EntryVisitor& visit);

// True if a symlink at `path` below a tree, with this target, stays inside the tree. It may dangle.
bool StaysInside(std::string_view path, std::string_view target);

}  // namespace cow::execution
