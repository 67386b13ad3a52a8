#include "engine/execution/failed_sandbox.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/execution/shell_quote.h"

namespace cow::execution {
namespace {

constexpr size_t kNameLength = 12;

std::string LineOf(const SpawnInput& input) {
  switch (input.kind) {
    case SpawnInput::Kind::kFile: return absl::StrCat(input.executable ? "program   " : "file      ", input.path, "  ", input.digest.ToString());
    case SpawnInput::Kind::kTree: return absl::StrCat("tree      ", input.path, "  ", input.digest.ToString());
    case SpawnInput::Kind::kSymlink: return absl::StrCat("link      ", input.path, " -> ", input.target);
    case SpawnInput::Kind::kDirectory: return absl::StrCat("directory ", input.path);
  }
  return "";
}

std::string Describe(const Action& action, const Spawn& spawn, const SpawnResult& result) {
  std::string text = absl::StrCat(action.owner.ToString(), " ", action.mnemonic, "\n\nsandbox ", result.tier,
                                  "\nroot of the file system: ",
                                  spawn.root_tree              ? spawn.root_tree->ToString()
                                  : spawn.host_tree == nullptr ? "empty" : absl::StrCat(spawn.host_tree->name, " ", spawn.host_tree->digest.ToString()),
                                  "\nworking directory: ", JoinPath("/build", spawn.working_directory), "\n\ncommand\n  ",
                                  ShellCommand(spawn.argv), "\n\nenvironment, all of it\n");
  for (const std::string& variable : spawn.env) absl::StrAppend(&text, "  ", variable, "\n");
  absl::StrAppend(&text, "\ninputs below /build, read-only\n");
  for (const SpawnInput& input : spawn.inputs) absl::StrAppend(&text, "  ", LineOf(input), "\n");
  absl::StrAppend(&text, "\nwritable below /build, beside /tmp\n");
  for (const SpawnWritable& place : spawn.writable) absl::StrAppend(&text, "  ", place.path, "\n");
  return text;
}

absl::Status CopyTree(const std::string& from, const std::string& to) {
  std::error_code error;
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks, error);
  return error ? absl::UnavailableError(absl::StrCat("copying ", from, ": ", error.message())) : absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> KeepFailedSandbox(const std::string& workspace_root, const Action& action,
                                              const PreparedAction& prepared, const Spawn& spawn,
                                              const SpawnResult& result) {
  const std::string name = absl::StrCat("cow-out/sandbox-debug/", prepared.key.hex().substr(0, kNameLength));
  const std::string directory = JoinPath(workspace_root, name);
  COW_RETURN_IF_ERROR(RemoveTree(directory));
  COW_RETURN_IF_ERROR(MakeDirectories(directory));
  COW_RETURN_IF_ERROR(WriteFile(directory + "/sandbox.txt", Describe(action, spawn, result)));
  for (const SpawnWritable& place : spawn.writable) {
    const std::string to = absl::StrCat(directory, "/outputs/", place.path);
    COW_RETURN_IF_ERROR(MakeDirectories(std::string(PathDirname(to))));
    COW_RETURN_IF_ERROR(CopyTree(place.host_path, to));
  }
  return absl::StrCat("\nnote: the sandbox is described in ", name, "/sandbox.txt; what the action left is in ", name, "/outputs",
                      "\nnote: to enter such a sandbox: cow shell ", action.owner.ToString(), " --mnemonic=", action.mnemonic,
                      " --output_file=", PathBasename(prepared.outputs.front().path));
}

}  // namespace cow::execution
