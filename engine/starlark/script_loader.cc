#include "engine/starlark/script_loader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/diagnostic.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/starlark/environment.h"
#include "engine/starlark/thread.h"

namespace cow::starlark {

namespace {

constexpr size_t kMaxLoadDepth = 500;

}  // namespace

absl::Status ScriptLoader::Run(const std::string& name, std::string text) {
  COW_RETURN_IF_ERROR(Compile(name, std::move(text)));
  return ExecuteAll();
}

absl::StatusOr<std::vector<std::shared_ptr<const FrozenModule>>> ScriptLoader::LoadsOf(
    const Program& program) {
  // What an earlier failure left half done is read again.
  active_.clear();
  order_.clear();
  std::erase_if(scripts_, [](const auto& script) { return script.second.module == nullptr; });
  COW_ASSIGN_OR_RETURN(std::vector<std::string> loads,
                       CompileLoads(program.source().name(), program));
  COW_RETURN_IF_ERROR(ExecuteAll());
  std::vector<std::shared_ptr<const FrozenModule>> modules;
  for (const std::string& load : loads) modules.push_back(scripts_[load].module);
  return modules;
}

// Depth first: a file comes into `order_` behind all it loads.
absl::Status ScriptLoader::Compile(const std::string& path, std::string text) {
  auto source = std::make_shared<const SourceFile>(path, std::move(text));
  COW_ASSIGN_OR_RETURN(std::shared_ptr<const Program> program,
                       Program::Compile(source, Dialect::Script(), ScriptEnvironment()));
  active_.push_back(path);
  COW_ASSIGN_OR_RETURN(std::vector<std::string> loads, CompileLoads(path, *program));
  active_.pop_back();
  order_.push_back(path);
  scripts_[path] = {std::move(program), std::move(loads), nullptr};
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ScriptLoader::CompileLoads(const std::string& path,
                                                                    const Program& program) {
  std::vector<std::string> loads;
  for (const LoadStatement& load : program.loads()) {
    COW_ASSIGN_OR_RETURN(std::string loaded, CompileLoaded(path, program.source(), load));
    loads.push_back(std::move(loaded));
  }
  return loads;
}

absl::StatusOr<std::string> ScriptLoader::CompileLoaded(const std::string& path,
                                                        const SourceFile& source,
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
  std::string loaded = absl::StrCat(slash == path.npos ? "" : path.substr(0, slash + 1), name);
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

absl::Status ScriptLoader::ExecuteAll() {
  for (const std::string& next : order_) COW_RETURN_IF_ERROR(Execute(next));
  return absl::OkStatus();
}

absl::Status ScriptLoader::Execute(const std::string& path) {
  Script& script = scripts_[path];
  std::vector<std::shared_ptr<const FrozenModule>> loaded;
  for (const std::string& load : script.loads) loaded.push_back(scripts_[load].module);
  auto heap = std::make_unique<Heap>();
  Thread thread(*heap);
  options_.limits.Apply(thread);
  thread.set_cancel_flag(options_.cancel);
  if (options_.print) {
    thread.set_print_handler(
        [this](const Location&, std::string_view text) { options_.print(text); });
  }
  COW_ASSIGN_OR_RETURN(
      Module module, starlark::Execute(script.program, thread, ScriptEnvironment(), loaded));
  script.module = FrozenModule::Freeze(path, std::move(heap), module);
  return absl::OkStatus();
}

}  // namespace cow::starlark
