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

// The globals of the prelude, asked for when first needed; nullptr if there is no prelude.
using PreludeSource = std::function<absl::StatusOr<std::shared_ptr<const starlark::FrozenModule>>()>;

// Any thread.
class Environments {
 public:
  // `files` must outlive every heap that refers to these environments; `prelude` is called while files are
  // evaluated, from any thread.
  Environments(const BuildEnvironment& contributions, const FileTable& files, PreludeSource prelude);

  // For .cow files. The names are the same in both; in the built-in repository `native` lacks the prelude.
  const starlark::Environment& Module(bool in_builtin_repository) const {
    return in_builtin_repository ? builtin_module_ : module_;
  }
  // For WORKSPACE.cow.
  const starlark::Environment& Workspace() const { return workspace_; }
  // For BUILD files: all public names of the prelude included.
  absl::StatusOr<const starlark::Environment*> BuildFile();

 private:
  absl::Status AddPrelude();

  starlark::Environment module_;
  starlark::Environment builtin_module_;
  starlark::Environment workspace_;
  starlark::Environment build_file_;  // without prelude, until the first BuildFile() added it
  PreludeSource prelude_;
  std::once_flag prelude_once_;
  absl::Status prelude_status_;
};

}  // namespace cow::loading
