#include "engine/starlark/script.h"

#include <map>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/diagnostic.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/starlark/environment.h"
#include "engine/starlark/module.h"
#include "engine/starlark/program.h"

namespace cow::starlark {

namespace {

constexpr size_t kMaxLoadDepth = 500;

// A script and all it loads. Everything is compiled before anything runs.
class ScriptRun {
 public:
  explicit ScriptRun(const ScriptOptions& options) : options_(options) {}

  absl::Status Run(const std::string& path) {
    COW_ASSIGN_OR_RETURN(std::string text, ReadFile(path));
    COW_RETURN_IF_ERROR(Compile(path, std::move(text)));
    for (const std::string& next : order_) COW_RETURN_IF_ERROR(Execute(next));
    return absl::OkStatus();
  }

 private:
  struct Script {
    std::shared_ptr<const Program> program;
    std::vector<std::string> loads;  // paths, one for each load statement
    std::shared_ptr<const FrozenModule> module;
  };

  // Depth first: a file comes into `order_` behind all it loads.
  absl::Status Compile(const std::string& path, std::string text) {
    auto source = std::make_shared<const SourceFile>(path, std::move(text));
    COW_ASSIGN_OR_RETURN(std::shared_ptr<const Program> program,
                         Program::Compile(source, Dialect::Script(), ScriptEnvironment()));
    active_.push_back(path);
    std::vector<std::string> loads;
    for (const LoadStatement& load : program->loads()) {
      COW_ASSIGN_OR_RETURN(std::string loaded, CompileLoaded(path, *source, load));
      loads.push_back(std::move(loaded));
    }
    active_.pop_back();
    order_.push_back(path);
    scripts_[path] = {std::move(program), std::move(loads), nullptr};
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> CompileLoaded(const std::string& path, const SourceFile& source,
                                            const LoadStatement& load) {
    auto error = [&](std::string_view message) {
      return DiagnosticError({.location = load.location,
                              .message = std::string(message),
                              .source_line = std::string(source.Line(load.location.line)),
                              .suggestion = "",
                              .notes = {}});
    };
    std::string_view name = load.module;
    if (name.starts_with(':')) name.remove_prefix(1);
    if (name.empty() || name.starts_with('/') || name.starts_with('@')) {
      return error(absl::StrCat("cannot load '", load.module,
                                "': a script loads files beside it, as \"x.star\" or \":x.star\""));
    }
    const size_t slash = path.rfind('/');
    std::string loaded =
        absl::StrCat(slash == path.npos ? "" : path.substr(0, slash + 1), name);
    for (size_t i = 0; i < active_.size(); ++i) {
      if (active_[i] != loaded) continue;
      std::vector<std::string> cycle(active_.begin() + static_cast<ptrdiff_t>(i), active_.end());
      cycle.push_back(loaded);
      return error(absl::StrCat("cycle in load graph: ", absl::StrJoin(cycle, " -> ")));
    }
    if (scripts_.contains(loaded)) return loaded;
    if (active_.size() >= kMaxLoadDepth) return error("load statements are nested too deeply");
    absl::StatusOr<std::string> text = ReadFile(loaded);
    if (!text.ok()) {
      return error(absl::StrCat("cannot load '", load.module, "': ",
                                std::string(text.status().message())));
    }
    COW_RETURN_IF_ERROR(Compile(loaded, *std::move(text)));
    return loaded;
  }

  absl::Status Execute(const std::string& path) {
    Script& script = scripts_[path];
    std::vector<std::shared_ptr<const FrozenModule>> loaded;
    for (const std::string& load : script.loads) loaded.push_back(scripts_[load].module);
    auto heap = std::make_unique<Heap>();
    Thread thread(*heap);
    thread.set_step_limit(options_.step_limit);
    if (options_.print) {
      thread.set_print_handler(
          [this](const Location&, std::string_view text) { options_.print(text); });
    }
    COW_ASSIGN_OR_RETURN(
        Module module, starlark::Execute(script.program, thread, ScriptEnvironment(), loaded));
    script.module = FrozenModule::Freeze(path, std::move(heap), module);
    return absl::OkStatus();
  }

  const ScriptOptions& options_;
  std::map<std::string, Script> scripts_;
  std::vector<std::string> order_;
  std::vector<std::string> active_;
};

}  // namespace

absl::Status RunScript(const std::string& path, const ScriptOptions& options) {
  return ScriptRun(options).Run(path);
}

}  // namespace cow::starlark
