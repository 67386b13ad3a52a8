// ModuleLoader: .cow and .bzl files to frozen modules, each loaded once.
//
// Files are compiled first, their loads followed and checked for cycles, then executed, dependencies first.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/diagnostic.h"
#include "engine/base/digest.h"
#include "engine/loading/visibility.h"
#include "engine/model/label.h"
#include "engine/starlark/module.h"
#include "engine/starlark/program.h"

namespace cow::loading {

class Environments;
class FileTable;
class PrintLog;
class Repositories;

// A module with what its users need to know about it.
struct LoadedModule {
  Label label{};
  std::shared_ptr<const starlark::FrozenModule> module{};
  std::vector<Label> files{};  // itself and all it loads, directly and indirectly, sorted
  Digest digest{};             // over the texts of `files`
  // Who may load it; unset: everybody.
  std::optional<std::vector<PackageSpec>> visibility{};
};

using LoadedModulePtr = std::shared_ptr<const LoadedModule>;

// Any thread.
class ModuleLoader {
 public:
  // All must outlive the loader. See Workspace::modules().
  ModuleLoader(Repositories& repositories, FileTable& files, Environments& environments, PrintLog& prints);
  ~ModuleLoader();

  // Failure: everything wrong with the file or with what it loads, as complete diagnostics. A file that does
  // not exist gives a plain kNotFound: "cannot load '//a:x.cow': no such file".
  absl::StatusOr<LoadedModulePtr> Load(const Label& label);

  // Resolves and loads what the load statements of `program` name, a file of package `package`, in order.
  // Checks that the names exist and that the modules may be loaded there. Failure: diagnostics at the
  // load statements.
  absl::StatusOr<std::vector<LoadedModulePtr>> LoadAll(const starlark::Program& program, const PackageId& package);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The modules as Execute wants them.
std::vector<std::shared_ptr<const starlark::FrozenModule>> ModulesOf(const std::vector<LoadedModulePtr>& loaded);

}  // namespace cow::loading
