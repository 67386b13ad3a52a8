// Environments: the predeclared names of each kind of file, made once per workspace.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/loading/build_environment.h"
#include "engine/loading/file_table.h"
#include "engine/starlark/environment.h"
#include "engine/starlark/module.h"

namespace cow::loading {

// The globals of a file of the built-in rules, asked for when first needed; nullptr if there is no such file.
using PreludeSource = std::function<absl::StatusOr<std::shared_ptr<const starlark::FrozenModule>>()>;

// Any thread.
class Environments {
 public:
  // What the built-in rules say BUILD files (`build_files`) and .cow files (`modules`) have without load.
  struct Preludes {
    PreludeSource build_files{};
    PreludeSource modules{};
  };

  // `files` must outlive every heap that refers to these environments; the preludes are asked for while files are
  // evaluated, from any thread.
  Environments(const BuildEnvironment& contributions, const FileTable& files, Preludes preludes);

  // For .cow files. In the built-in repository there is no prelude, neither for them nor in `native`.
  absl::StatusOr<const starlark::Environment*> Module(bool in_builtin_repository);
  // For WORKSPACE.cow.
  const starlark::Environment& Workspace() const { return workspace_; }
  // For BUILD files: all public names of the prelude included.
  absl::StatusOr<const starlark::Environment*> BuildFile();

 private:
  starlark::Environment module_;  // without prelude, until the first Module() added it
  starlark::Environment builtin_module_;
  starlark::Environment workspace_;
  starlark::Environment build_file_;  // without prelude, until the first BuildFile() added it
  Preludes preludes_;
  std::once_flag build_files_once_;
  absl::Status build_files_status_;
  std::once_flag modules_once_;
  absl::Status modules_status_;
};

}  // namespace cow::loading
