#include "engine/loading/module_file.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/loading/error_list.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/environment.h"
#include "engine/starlark/function_value.h"
#include "engine/starlark/host_object.h"
#include "engine/starlark/module.h"
#include "engine/starlark/program.h"
#include "engine/starlark/script.h"
#include "engine/starlark/thread.h"

namespace cow::loading {

using starlark::Arguments;
using starlark::KwOptional;
using starlark::Noneable;
using starlark::Optional;
using starlark::Required;
using starlark::Thread;
using starlark::Value;

namespace {

// Without effect: what it returns can be called, and asked for any attribute, as the proxies of extensions are.
class IgnoredValue final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"module_extension_proxy"};
  IgnoredValue() : HostObject(kType) {}

  bool Callable() const override { return true; }
  absl::StatusOr<Value> Call(Thread& thread, const Arguments&) override { return thread.heap().New<IgnoredValue>(); }
  std::string_view CallName() const override { return "tag"; }
  absl::StatusOr<Value> GetAttr(Thread& thread, const starlark::String*) const override {
    return thread.heap().New<IgnoredValue>();
  }
};

// Overrides may come before the dependencies they are about.
struct ModuleState {
  ModuleFile file{};
  bool has_module = false;
  std::vector<std::pair<std::string, std::string>> local_paths{};
};

absl::StatusOr<Value> DeclareModule(Thread& thread, const Arguments& args) {
  ModuleState& state = *thread.Host<ModuleState>();
  Value compatibility_level, bazel_compatibility;
  std::string version;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args, {Optional("name", &state.file.name), Optional("version", &version),
             Optional("compatibility_level", &compatibility_level), Optional("repo_name", &state.file.repo_name),
             Optional("bazel_compatibility", &bazel_compatibility)}));
  if (std::exchange(state.has_module, true)) return absl::InvalidArgumentError("module() can only be used once");
  if (!state.file.dependencies.empty()) return absl::InvalidArgumentError("module() must come before every bazel_dep()");
  return Value::None();
}

absl::StatusOr<Value> DeclareDependency(Thread& thread, const Arguments& args) {
  ModuleState& state = *thread.Host<ModuleState>();
  ModuleDependency dependency{.location = thread.OutermostLocation()};
  std::string version, registry;
  Value max_compatibility_level;
  bool dev_dependency = false;
  bool no_name = false;
  Value repo_name;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("name", &dependency.name), Optional("version", &version),
                                        Optional("max_compatibility_level", &max_compatibility_level),
                                        Optional("repo_name", &repo_name), Optional("dev_dependency", &dev_dependency),
                                        KwOptional("registry", &registry)}));
  if (const auto* text = repo_name.As<starlark::String>()) {
    dependency.repo_name = text->str();
  } else {
    // None: the dependency exists, and no label can name it.
    no_name = !repo_name.IsUnset();
  }
  if (dependency.repo_name.empty()) dependency.repo_name = dependency.name;
  for (const ModuleDependency& other : state.file.dependencies) {
    if (other.repo_name == dependency.repo_name) {
      return absl::InvalidArgumentError(absl::StrCat("the repository name '", dependency.repo_name,
                                                     "' is already taken by the bazel_dep at ", other.location.ToString()));
    }
  }
  if (!no_name) state.file.dependencies.push_back(std::move(dependency));
  return Value::None();
}

absl::StatusOr<Value> OverrideByPath(Thread& thread, const Arguments& args) {
  std::string name, path;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("module_name", &name), Required("path", &path)}));
  thread.Host<ModuleState>()->local_paths.emplace_back(std::move(name), std::move(path));
  return Value::None();
}

absl::StatusOr<Value> Ignore(Thread&, const Arguments&) { return Value::None(); }

absl::StatusOr<Value> IgnoreWithProxy(Thread& thread, const Arguments&) { return thread.heap().New<IgnoredValue>(); }

absl::StatusOr<Value> RefuseInclude(Thread&, const Arguments&) {
  return absl::UnimplementedError("include() is not supported in MODULE.bazel: write the bazel_dep()s into this file");
}

const starlark::Environment& ModuleEnvironment() {
  static const starlark::Environment& environment = *[] {
    auto heap = std::make_unique<starlark::Heap>();
    auto* result = new starlark::Environment();
    result->AddAll(starlark::ScriptEnvironment());
    auto add = [&](std::string_view name, starlark::BuiltinFunction function) {
      result->Set(name, heap->New<starlark::Builtin>(starlark::Intern(name), function));
    };
    add("module", &DeclareModule);
    add("bazel_dep", &DeclareDependency);
    add("local_path_override", &OverrideByPath);
    add("include", &RefuseInclude);
    for (std::string_view name : {"archive_override", "flag_alias", "git_override", "inject_repo", "multiple_version_override",
                                  "override_repo", "register_execution_platforms", "register_toolchains",
                                  "single_version_override", "use_repo"}) {
      add(name, &Ignore);
    }
    add("use_extension", &IgnoreWithProxy);
    add("use_repo_rule", &IgnoreWithProxy);
    result->AddReference(starlark::Heap::Freeze(std::move(heap)));
    return result;
  }();
  return environment;
}

}  // namespace

absl::StatusOr<ModuleFile> ParseModuleFile(const std::shared_ptr<const SourceFile>& source,
                                           const starlark::EvaluationLimits& limits) {
  const starlark::Environment& environment = ModuleEnvironment();
  COW_ASSIGN_OR_RETURN(std::shared_ptr<const starlark::Program> program,
                       starlark::Program::Compile(source, starlark::Dialect::Build(), environment));
  if (!program->loads().empty()) {
    return DiagnosticError({.location = program->loads()[0].location,
                            .message = "load statements may not be used in MODULE.bazel",
                            .source_line = std::string(source->Line(program->loads()[0].location.line))});
  }
  starlark::Heap heap;
  starlark::Thread thread(heap);
  ModuleState state;
  thread.SetHost(&state);
  limits.Apply(thread);
  absl::StatusOr<starlark::Module> module = starlark::Execute(program, thread, environment, {});
  if (!module.ok()) return SimplifyTraceback(module.status(), *source);
  for (const auto& [name, path] : state.local_paths) {
    for (ModuleDependency& dependency : state.file.dependencies) {
      if (dependency.name == name) dependency.local_path = path;
    }
  }
  return std::move(state.file);
}

}  // namespace cow::loading
