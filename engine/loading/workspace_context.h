// WorkspaceContext: what builtins know while a workspace file is evaluated. Host data of the thread; one thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/loading/file_table.h"
#include "engine/loading/repositories.h"
#include "engine/loading/workspace.h"
#include "engine/starlark/struct_value.h"
#include "engine/starlark/thread.h"

namespace cow::loading {

struct WorkspaceContext {
  bool builtin = false;      // the file of @cow
  PackageId base{};          // top package of its repository
  std::string directory{};   // absolute: base of local_repository paths
  FileTable* files = nullptr;
  Repositories* repositories = nullptr;
  // Digest of the texts a loaded module consists of.
  std::function<absl::StatusOr<Digest>(const Label&)> module_digest{};
  std::vector<Registration> toolchains{};
  std::vector<Registration> execution_platforms{};
  bool has_name = false;

  // existing_rule() in a workspace file: a dict with name and kind, or None.
  starlark::Value DescribeRepository(std::string_view name, starlark::Heap& heap) const;
  std::vector<std::string> RepositoryNames() const { return repositories->Names(); }
};

absl::StatusOr<WorkspaceContext*> RequireWorkspace(const starlark::Thread& thread, std::string_view function);

// repo_mapping = {"@theirs": "@ours"} of the repository `name`: labels in its files that say @theirs mean @ours.
absl::Status MapRepositories(const std::string& name, starlark::Value mapping, FileTable& files);

// An absolute directory; `path` may be relative to `base`.
std::string DirectoryBelow(const std::string& base, std::string_view path);

// bind(), workspace(), local_repository(), register_toolchains(), register_execution_platforms(). In order of name.
std::vector<starlark::NamedValue> MakeWorkspaceBuiltins(starlark::Heap& heap);

}  // namespace cow::loading
