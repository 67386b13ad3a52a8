#include "engine/loading/workspace.h"

#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/edit_distance.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/loading/environments.h"
#include "engine/loading/error_list.h"
#include "engine/loading/file_table.h"
#include "engine/loading/label_value.h"
#include "engine/loading/module_file.h"
#include "engine/loading/module_loader.h"
#include "engine/loading/print_handler.h"
#include "engine/loading/repositories.h"
#include "engine/loading/workspace_chunks.h"
#include "engine/loading/workspace_context.h"
#include "engine/starlark/module.h"
#include "engine/starlark/program.h"

namespace cow::loading {
namespace {

constexpr char kPreludeFile[] = "prelude.cow";         // names BUILD files have without load
constexpr char kModulePreludeFile[] = "builtins.cow";  // names .cow files have without load
constexpr char kBuiltinWorkspaceFile[] = "workspace.cow";
constexpr char kWorkspacePreludeFile[] = "workspace_prelude.cow";

absl::StatusOr<Digest> DigestByReading(const std::string& path) {
  COW_ASSIGN_OR_RETURN(std::string bytes, ReadFile(path));
  return Digest::Of(bytes);
}

// The path without symlinks, so that files are always called the same; unchanged if it does not exist.
std::string RealPath(const std::string& path) {
  std::error_code error;
  std::filesystem::path real = std::filesystem::canonical(path, error);
  return error || path.empty() ? path : real.string();
}

WorkspaceOptions Complete(WorkspaceOptions options) {
  if (!options.digest_file) options.digest_file = &DigestByReading;
  options.root = RealPath(options.root);
  options.builtin_rules_dir = RealPath(options.builtin_rules_dir);
  options.programs_dir = RealPath(options.programs_dir);
  return options;
}

}  // namespace

// Order matters: later parts refer to earlier ones.
struct Workspace::Parts {
  explicit Parts(WorkspaceOptions given)
      : options(Complete(std::move(given))),
        repositories(options, tree, files),
        environments(options.environment, files,
                     {[this] { return BuiltinModule(kPreludeFile); }, [this] { return BuiltinModule(kModulePreludeFile); }}),
        prints(options.on_print),
        modules(repositories, files, environments, prints) {}

  // The module at the top of the built-in rules; nullptr if there is none.
  absl::StatusOr<std::shared_ptr<const starlark::FrozenModule>> BuiltinModule(std::string_view file) {
    const std::string& rules = options.builtin_rules_dir;
    if (rules.empty() || tree.KindOf(JoinPath(rules, file)) != FileKind::kRegular) return nullptr;
    COW_ASSIGN_OR_RETURN(PackageId top, PackageId::Create(kBuiltinRepository, ""));
    COW_ASSIGN_OR_RETURN(Label label, Label::Create(std::move(top), file));
    COW_ASSIGN_OR_RETURN(LoadedModulePtr module, modules.Load(label));
    return module->module;
  }

  // The predeclared names of a workspace file.
  absl::StatusOr<starlark::Environment> EnvironmentOf(bool builtin);
  absl::Status Evaluate(const std::string& path, bool builtin);
  absl::Status FollowModuleFile();
  void DropConditionalRegistrations();
  absl::Status EvaluatePiece(const std::shared_ptr<const SourceFile>& piece, const PackageId& base,
                             starlark::Thread& thread, starlark::Environment& environment);

  WorkspaceOptions options;
  FileTable files;
  SourceTree tree;
  Repositories repositories;
  Environments environments;
  PrintLog prints;
  ModuleLoader modules;
  std::vector<Registration> toolchains;
  std::vector<Registration> execution_platforms;
  std::vector<std::shared_ptr<const starlark::FrozenHeap>> heaps;  // of the workspace files
};

absl::StatusOr<starlark::Environment> Workspace::Parts::EnvironmentOf(bool builtin) {
  starlark::Environment environment = environments.Workspace();
  if (builtin) return environment;
  COW_ASSIGN_OR_RETURN(auto prelude, BuiltinModule(kWorkspacePreludeFile));
  if (prelude == nullptr) return environment;
  environment.AddReference(prelude->heap());
  for (const starlark::Global& global : prelude->globals()) {
    if (!absl::StartsWith(global.name, "_")) environment.Set(global.name, global.value);
  }
  return environment;
}

absl::Status Workspace::Parts::Evaluate(const std::string& path, bool builtin) {
  COW_ASSIGN_OR_RETURN(std::shared_ptr<const std::string> text, tree.Read(path));
  auto source = std::make_shared<const SourceFile>(repositories.DisplayName(path), *text);
  WorkspaceContext context{.builtin = builtin,
                           .directory = std::string(PathDirname(path)),
                           .files = &files,
                           .repositories = &repositories,
                           .module_digest = [this](const Label& label) -> absl::StatusOr<Digest> {
                             COW_ASSIGN_OR_RETURN(LoadedModulePtr module, modules.Load(label));
                             return module->digest;
                           }};
  if (builtin) {
    COW_ASSIGN_OR_RETURN(context.base, PackageId::Create(kBuiltinRepository, ""));
  }
  files.Add(source->name(), context.base);
  COW_ASSIGN_OR_RETURN(starlark::Environment environment, EnvironmentOf(builtin));
  COW_ASSIGN_OR_RETURN(std::shared_ptr<const starlark::Program> program,
                       starlark::Program::Compile(source, starlark::Dialect::Build(), environment));
  auto heap = std::make_unique<starlark::Heap>();
  starlark::Thread thread(*heap);
  thread.SetHost(&context);
  options.limits.Apply(thread);
  InstallPrintHandler(thread, options);
  for (const std::shared_ptr<const SourceFile>& piece : SplitAtLoads(*program)) {
    absl::Status status = EvaluatePiece(piece, context.base, thread, environment);
    if (!status.ok()) return SimplifyTraceback(status, *source);
  }
  heaps.push_back(starlark::Heap::Freeze(std::move(heap)));
  // The user's registrations are looked at before the built-in ones, which are evaluated first.
  toolchains.insert(toolchains.begin(), context.toolchains.begin(), context.toolchains.end());
  execution_platforms.insert(execution_platforms.begin(), context.execution_platforms.begin(),
                             context.execution_platforms.end());
  return absl::OkStatus();
}

// Runs one piece; what it binds becomes part of `environment`, for the pieces after it.
absl::Status Workspace::Parts::EvaluatePiece(const std::shared_ptr<const SourceFile>& piece, const PackageId& base,
                                             starlark::Thread& thread, starlark::Environment& environment) {
  COW_ASSIGN_OR_RETURN(std::shared_ptr<const starlark::Program> program,
                       starlark::Program::Compile(piece, starlark::Dialect::Build(), environment));
  COW_ASSIGN_OR_RETURN(std::vector<LoadedModulePtr> loaded, modules.LoadAll(*program, base));
  COW_ASSIGN_OR_RETURN(starlark::Module module, starlark::Execute(program, thread, environment, ModulesOf(loaded)));
  for (size_t i = 0; i < loaded.size(); ++i) {
    for (const starlark::LoadStatement::Binding& binding : program->loads()[i].bindings) {
      environment.Set(binding.local, loaded[i]->module->Find(binding.exported));
    }
  }
  for (const starlark::Global& global : module.globals()) environment.Set(global.name, global.value);
  return absl::OkStatus();
}

// Maps the names of MODULE.bazel, if there is one, to the repositories that were declared.
absl::Status Workspace::Parts::FollowModuleFile() {
  std::string path = JoinPath(options.root, kModuleFile);
  absl::StatusOr<std::shared_ptr<const std::string>> text = tree.Read(path);
  if (absl::IsNotFound(text.status())) return absl::OkStatus();
  COW_RETURN_IF_ERROR(text.status());
  COW_ASSIGN_OR_RETURN(ModuleFile module, ParseModuleFile(std::make_shared<const SourceFile>(kModuleFile, **text), options.limits));
  for (const std::string& name : {module.name, module.repo_name}) {
    if (!name.empty() && !repositories.Knows(name)) files.Rename("", name, "");
  }
  for (const ModuleDependency& dependency : module.dependencies) {
    const std::string& name = dependency.name;
    if (dependency.repo_name != name && !repositories.Knows(dependency.repo_name)) {
      files.Rename("", dependency.repo_name, name);
    }
    if (repositories.Find(name) != nullptr || (dependency.local_path.empty() && repositories.Knows(name))) continue;
    if (dependency.local_path.empty()) {
      repositories.NoteUnmapped(name, dependency.location);
      continue;
    }
    absl::Status status = repositories.Declare({.name = name,
                                                .location = dependency.location,
                                                .local_path = DirectoryBelow(options.root, dependency.local_path)});
    if (!status.ok()) return DiagnosticError({.location = dependency.location, .message = std::string(status.message())});
  }
  return absl::OkStatus();
}

// Takes away what was registered for a repository that this workspace neither has nor is.
void Workspace::Parts::DropConditionalRegistrations() {
  std::erase_if(toolchains, [&](const Registration& one) {
    return !one.if_declared.empty() && one.if_declared != files.main_name() && !repositories.Knows(one.if_declared);
  });
}

absl::StatusOr<std::string> FindWorkspaceRoot(const std::string& from) {
  std::string module_directory;
  for (std::filesystem::path directory = RealPath(from);; directory = directory.parent_path()) {
    absl::StatusOr<FileInfo> info = StatFile((directory / kWorkspaceFile).string());
    if (info.ok() && info->kind == FileKind::kRegular) return directory.string();
    if (module_directory.empty() && FileExists((directory / kModuleFile).string())) module_directory = directory.string();
    if (directory == directory.parent_path()) break;
  }
  if (!module_directory.empty()) {
    return absl::NotFoundError(absl::StrCat(
        "there is no ", kWorkspaceFile, " in '", from, "' or above. '", module_directory, "' has a ", kModuleFile, ": write a ",
        kWorkspaceFile, " beside it that declares a repository for each bazel_dep() that is needed (it may be empty if none is)"));
  }
  return absl::NotFoundError(absl::StrCat("there is no ", kWorkspaceFile, " in '", from,
                                          "' or above: cow runs inside of a workspace (an empty ", kWorkspaceFile,
                                          " file makes one)"));
}

Workspace::Workspace(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Workspace::~Workspace() = default;

absl::StatusOr<std::unique_ptr<Workspace>> Workspace::Load(WorkspaceOptions options) {
  auto parts = std::make_unique<Parts>(std::move(options));
  const WorkspaceOptions& complete = parts->options;
  if (!complete.builtin_rules_dir.empty()) {
    COW_RETURN_IF_ERROR(parts->Evaluate(JoinPath(complete.builtin_rules_dir, kBuiltinWorkspaceFile), true));
  }
  COW_RETURN_IF_ERROR(parts->Evaluate(JoinPath(complete.root, kWorkspaceFile), false));
  COW_RETURN_IF_ERROR(parts->FollowModuleFile());
  parts->DropConditionalRegistrations();
  return std::unique_ptr<Workspace>(new Workspace(std::move(parts)));
}

const WorkspaceOptions& Workspace::options() const { return parts_->options; }

const std::string& Workspace::name() const { return parts_->files.main_name(); }

const std::vector<Registration>& Workspace::toolchains() const { return parts_->toolchains; }

const std::vector<Registration>& Workspace::execution_platforms() const { return parts_->execution_platforms; }

absl::StatusOr<Label> Workspace::ParseLabel(std::string_view text, const PackageId& base) const {
  return parts_->files.Parse(text, base);
}

absl::StatusOr<std::string> Workspace::RepositoryRoot(std::string_view repo) { return parts_->repositories.RootOf(repo); }

absl::StatusOr<std::string> Workspace::DirectoryOf(const PackageId& package) {
  return parts_->repositories.DirectoryOf(package);
}

absl::StatusOr<std::vector<LockedRepository>> Workspace::LockRepositories(const std::vector<std::string>& names,
                                                                          bool write) {
  Repositories& all = parts_->repositories;
  for (const std::string& name : names) {
    const RepositoryDeclaration* declaration = all.Find(name);
    if (declaration == nullptr) {
      std::string closest = ClosestMatch(name, all.Names());
      return absl::NotFoundError(absl::StrCat("no such repository '@", name, "'",
                                              closest.empty() ? "" : absl::StrCat(" (did you mean '", closest, "'?)")));
    }
    if (declaration->rule == nullptr || declaration->rule->definition().lock.IsUnset()) {
      return absl::InvalidArgumentError(absl::StrCat("repository '@", name, "' has no lock file"));
    }
  }
  std::vector<LockedRepository> locked;
  for (const std::string& name : names.empty() ? all.Names() : names) {
    const RepositoryDeclaration& declaration = *all.Find(name);
    if (declaration.rule == nullptr || declaration.rule->definition().lock.IsUnset()) continue;
    LockedRepository result{.name = name};
    const std::vector<Attribute>& attributes = declaration.rule->definition().attributes;
    for (size_t i = 0; i < attributes.size(); ++i) {
      if (attributes[i].name != "lock_file") continue;
      if (const auto* label = declaration.values[i].As<LabelValue>()) result.lock_file = label->label();
    }
    if (result.lock_file.name().empty()) continue;  // nothing to write it to: this repository is not locked
    COW_ASSIGN_OR_RETURN(result.path, all.PathOf(result.lock_file));
    COW_ASSIGN_OR_RETURN(std::string text, all.ComputeLock(declaration));
    absl::StatusOr<std::string> before = ReadFile(result.path);
    result.changed = !before.ok() || *before != text;
    if (result.changed && write) COW_RETURN_IF_ERROR(WriteFileAtomically(result.path, text));
    locked.push_back(std::move(result));
  }
  return locked;
}

absl::Status Workspace::MakeRepositories() {
  for (const std::string& name : parts_->repositories.Names()) {
    if (parts_->repositories.Find(name)->builtin) continue;
    COW_RETURN_IF_ERROR(parts_->repositories.RootOf(name).status());
  }
  return absl::OkStatus();
}

std::vector<FileRead> Workspace::FilesRead() const { return parts_->tree.FilesRead(); }

std::vector<RepositoryInput> Workspace::RepositoryInputs() const { return parts_->repositories.Inputs(); }

SourceTree& Workspace::source_tree() { return parts_->tree; }

Repositories& Workspace::repositories() { return parts_->repositories; }

ModuleLoader& Workspace::modules() { return parts_->modules; }

Environments& Workspace::environments() { return parts_->environments; }

PrintLog& Workspace::prints() { return parts_->prints; }

FileTable& Workspace::files() { return parts_->files; }

}  // namespace cow::loading
