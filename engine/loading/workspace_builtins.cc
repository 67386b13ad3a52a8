#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/loading/workspace_context.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/function_value.h"
#include "engine/starlark/operations.h"

namespace cow::loading {

using starlark::Arguments;
using starlark::KwRequired;
using starlark::Thread;
using starlark::Value;

namespace {

absl::StatusOr<Value> NameWorkspace(Thread& thread, const Arguments& args) {
  std::string_view name;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {KwRequired("name", &name)}));
  COW_ASSIGN_OR_RETURN(WorkspaceContext * workspace, RequireWorkspace(thread, "workspace"));
  if (workspace->builtin) return Value::None();
  if (workspace->has_name) return absl::InvalidArgumentError("workspace() can only be used once");
  COW_RETURN_IF_ERROR(PackageId::Create(name, "").status());
  workspace->has_name = true;
  workspace->files->SetMainName(std::string(name));
  return Value::None();
}

absl::StatusOr<Value> LocalRepository(Thread& thread, const Arguments& args) {
  std::string_view name;
  std::string_view path;
  Value repo_mapping;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {KwRequired("name", &name), KwRequired("path", &path),
                                        starlark::KwOptional("repo_mapping", &repo_mapping)}));
  COW_ASSIGN_OR_RETURN(WorkspaceContext * workspace, RequireWorkspace(thread, "local_repository"));
  COW_RETURN_IF_ERROR(MapRepositories(std::string(name), repo_mapping, *workspace->files));
  COW_RETURN_IF_ERROR(workspace->repositories->Declare({.name = std::string(name),
                                                        .location = thread.OutermostLocation(),
                                                        .local_path = DirectoryBelow(workspace->directory, path),
                                                        .builtin = workspace->builtin}));
  return Value::None();
}

absl::Status Register(Thread& thread, const Arguments& args, std::vector<Registration> WorkspaceContext::*list) {
  COW_ASSIGN_OR_RETURN(WorkspaceContext * workspace, RequireWorkspace(thread, args.function_name()));
  std::string_view if_declared;
  for (const starlark::NamedValue& named : args.named()) {
    const auto* name = named.value.As<starlark::String>();
    if (!workspace->builtin || named.name->view() != "if_declared" || name == nullptr) return args.RejectNamed();
    if_declared = name->view();
  }
  for (Value value : args.positional()) {
    const auto* pattern = value.As<starlark::String>();
    if (pattern == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(args.function_name(), "(): got ", starlark::Repr(value), " (",
                                                     starlark::TypeName(value), "), want a label or target pattern"));
    }
    (workspace->*list).push_back({pattern->str(), workspace->base, thread.OutermostLocation(), std::string(if_declared)});
  }
  return absl::OkStatus();
}

// bind(name = "x", actual = "//y:z"): //external:x is an alias of it.
absl::StatusOr<Value> Bind(Thread& thread, const Arguments& args) {
  std::string_view name;
  std::string_view actual;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {KwRequired("name", &name), KwRequired("actual", &actual)}));
  COW_ASSIGN_OR_RETURN(WorkspaceContext * workspace, RequireWorkspace(thread, "bind"));
  COW_ASSIGN_OR_RETURN(PackageId external, PackageId::Create("", kExternalPackage));
  COW_RETURN_IF_ERROR(Label::Create(external, name).status());
  COW_ASSIGN_OR_RETURN(Label target, workspace->files->Parse(actual, workspace->base));
  workspace->files->Bind(std::string(name), std::move(target));
  return Value::None();
}

absl::StatusOr<Value> RegisterToolchains(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(Register(thread, args, &WorkspaceContext::toolchains));
  return Value::None();
}

absl::StatusOr<Value> RegisterExecutionPlatforms(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(Register(thread, args, &WorkspaceContext::execution_platforms));
  return Value::None();
}

}  // namespace

absl::Status MapRepositories(const std::string& name, Value mapping, FileTable& files) {
  if (mapping.IsUnset() || mapping.IsNone()) return absl::OkStatus();
  const auto* dict = mapping.As<starlark::Dict>();
  if (dict == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("repo_mapping must be a dict, not ", starlark::TypeName(mapping)));
  }
  for (const auto& entry : *dict) {
    const auto* from = entry.key.As<starlark::String>();
    const auto* to = entry.value.As<starlark::String>();
    bool names = from != nullptr && to != nullptr && from->view().size() > 1 && from->view()[0] == '@' &&
                 absl::StartsWith(to->view(), "@");
    if (!names) {
      return absl::InvalidArgumentError(absl::StrCat("repo_mapping must map '@name' to '@name', got ",
                                                     starlark::Repr(entry.key), ": ", starlark::Repr(entry.value)));
    }
    files.Rename(name, from->str().substr(1), to->str().substr(1));
  }
  return absl::OkStatus();
}

std::string DirectoryBelow(const std::string& base, std::string_view path) {
  std::string joined = absl::StartsWith(path, "/") ? std::string(path) : JoinPath(base, path);
  std::string directory = std::filesystem::path(joined).lexically_normal().string();
  while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
  return directory;
}

absl::StatusOr<WorkspaceContext*> RequireWorkspace(const Thread& thread, std::string_view function) {
  if (auto* context = thread.Host<WorkspaceContext>()) return context;
  return absl::InvalidArgumentError(
      absl::StrCat(function, "() can only be called while ", kWorkspaceFile, " is loaded"));
}

Value WorkspaceContext::DescribeRepository(std::string_view name, starlark::Heap& heap) const {
  const RepositoryDeclaration* declaration = repositories->Find(name);
  if (declaration == nullptr) return Value::None();
  starlark::Dict* dict = heap.NewDict();
  std::string kind = declaration->rule == nullptr ? "local_repository" : declaration->rule->name();
  (void)dict->SetString("name", heap.NewString(declaration->name));
  (void)dict->SetString("kind", heap.NewString(kind));
  return dict;
}

std::vector<starlark::NamedValue> MakeWorkspaceBuiltins(starlark::Heap& heap) {
  std::vector<starlark::NamedValue> builtins;
  auto add = [&](std::string_view name, starlark::BuiltinFunction function) {
    const starlark::String* interned = starlark::Intern(name);
    builtins.push_back({interned, heap.New<starlark::Builtin>(interned, function)});
  };
  add("bind", &Bind);
  add("local_repository", &LocalRepository);
  add("register_execution_platforms", &RegisterExecutionPlatforms);
  add("register_toolchains", &RegisterToolchains);
  add("workspace", &NameWorkspace);
  return builtins;
}

}  // namespace cow::loading
