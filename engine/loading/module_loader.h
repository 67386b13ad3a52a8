// ModuleLoader: .cow and .bzl files to frozen modules, each loaded once.
//
// Files are compiled first, their loads followed and checked for cycles, then executed, dependencies first.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/base/diagnostic.h"
#include "engine/model/label.h"
#include "engine/starlark/module.h"
#include "engine/starlark/program.h"

namespace cow::loading {

class ModuleTable;

// A module with what its users need to know about it.
struct LoadedModule {
  Label label{};
  std::shared_ptr<const starlark::FrozenModule> module{};
  // Labels of the files it consists of: itself and all it loads, sorted.
  std::vector<Label> files{};
  Digest digest{};  // over the texts of `files`
};

using LoadedModulePtr = std::shared_ptr<const LoadedModule>;

// Any thread.
class ModuleLoader {
 public:
  // Use Workspace::modules().
  explicit ModuleLoader(std::unique_ptr<ModuleTable> table);
  ~ModuleLoader();

  // Failure: everything wrong with the file or with what it loads, as complete diagnostics. A file that does
  // not exist gives a plain kNotFound: "cannot load '//a:x.cow': no such file".
  absl::StatusOr<LoadedModulePtr> Load(const Label& label);

  // Resolves and loads what the load statements of `program` name, a file of package `package`, in order.
  // Checks that the names exist and that the modules may be loaded there. Failure: diagnostics at the
  // load statements.
  absl::StatusOr<std::vector<LoadedModulePtr>> LoadAll(const starlark::Program& program, const PackageId& package);

  ModuleTable& table() { return *table_; }

 private:
  std::unique_ptr<ModuleTable> table_;
};

}  // namespace cow::loading
