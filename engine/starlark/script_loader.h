// ScriptLoader: a script and all it loads from the files beside it.
//
// Everything is compiled before anything runs. One thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/starlark/module.h"
#include "engine/starlark/program.h"
#include "engine/starlark/script.h"

namespace cow::starlark {

class ScriptLoader {
 public:
  // `options` must outlive the loader.
  explicit ScriptLoader(const ScriptOptions& options) : options_(options) {}

  // Runs the text, and first what it loads. Failure: as RunScriptText.
  absl::Status Run(const std::string& name, std::string text);

  // The modules that `program`, a text of its own, loads; in the order of its load statements.
  absl::StatusOr<std::vector<std::shared_ptr<const FrozenModule>>> LoadsOf(const Program& program);

 private:
  struct Script {
    std::shared_ptr<const Program> program;
    std::vector<std::string> loads;  // paths, one for each load statement
    std::shared_ptr<const FrozenModule> module;
  };

  absl::Status Compile(const std::string& path, std::string text);
  absl::StatusOr<std::vector<std::string>> CompileLoads(const std::string& path,
                                                        const Program& program);
  absl::StatusOr<std::string> CompileLoaded(const std::string& path, const SourceFile& source,
                                            const LoadStatement& load);
  absl::Status ExecuteAll();
  absl::Status Execute(const std::string& path);

  const ScriptOptions& options_;
  std::map<std::string, Script> scripts_;
  std::vector<std::string> order_;   // compiled and not run; a file stands behind all it loads
  std::vector<std::string> active_;  // being compiled, outermost first
};

}  // namespace cow::starlark
