#include "engine/loading/module_loader.h"

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/edit_distance.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/loading/aspect_class.h"
#include "engine/loading/environments.h"
#include "engine/loading/error_list.h"
#include "engine/loading/file_table.h"
#include "engine/loading/module_context.h"
#include "engine/loading/print_handler.h"
#include "engine/loading/repositories.h"
#include "engine/loading/repository_rule.h"
#include "engine/loading/rule_class.h"
#include "engine/loading/macro_class.h"

namespace cow::loading {

using starlark::LoadStatement;
using starlark::Program;

namespace {

// One file. Each step happens once, whoever comes first.
struct Entry {
  Label label{};
  std::once_flag compile_once{};
  absl::Status compile_status{};
  std::shared_ptr<const SourceFile> source{};
  std::shared_ptr<const Program> program{};
  std::vector<Label> loads{};  // by load statement

  std::once_flag execute_once{};
  absl::StatusOr<LoadedModulePtr> module = absl::UnknownError("not loaded");
};

absl::Status ErrorAtLocation(const SourceFile& source, const Location& location, std::string_view message,
                             std::string_view suggestion = {}) {
  return DiagnosticError({.location = location,
                          .message = std::string(message),
                          .source_line = std::string(source.Line(location.line)),
                          .suggestion = std::string(suggestion)});
}

}  // namespace

struct ModuleLoader::State {
  State(Repositories& all_repositories, FileTable& file_table, Environments& all_environments, PrintLog& log)
      : repositories(all_repositories), files(file_table), environments(all_environments), prints(log) {}

  Repositories& repositories;
  FileTable& files;
  Environments& environments;
  PrintLog& prints;

  absl::Mutex mutex;
  std::map<Label, std::unique_ptr<Entry>> entries ABSL_GUARDED_BY(mutex);
  std::set<const Entry*> acyclic ABSL_GUARDED_BY(mutex);  // no cycle can be reached from these

  Entry& EntryOf(const Label& label) {
    absl::MutexLock lock(&mutex);
    std::unique_ptr<Entry>& entry = entries[label];
    if (entry == nullptr) {
      entry = std::make_unique<Entry>();
      entry->label = label;
    }
    return *entry;
  }

  Entry& Compiled(const Label& label) {
    Entry& entry = EntryOf(label);
    std::call_once(entry.compile_once, [&] { entry.compile_status = Compile(entry); });
    return entry;
  }

  absl::StatusOr<const starlark::Environment*> EnvironmentOf(const Label& module) {
    return environments.Module(module.repo() == kBuiltinRepository);
  }

  absl::StatusOr<std::string> Locate(const Label& label);
  absl::Status Compile(Entry& entry);
  absl::StatusOr<Label> ResolveLoad(const LoadStatement& load, const PackageId& package) const;
  absl::Status CheckAcyclic(Entry& entry, std::vector<const Entry*>& path);
  absl::StatusOr<LoadedModulePtr> Execute(Entry& entry);
  absl::StatusOr<LoadedModulePtr> Run(Entry& entry);
  absl::Status ExportGlobals(const starlark::Module& module, const SourceFile& source);
  absl::StatusOr<LoadedModulePtr> LoadFor(const LoadStatement& load, const SourceFile& source, const Label& label,
                                          const PackageId& package);
};

// The file's path, after checking that it lies in a package.
absl::StatusOr<std::string> ModuleLoader::State::Locate(const Label& label) {
  std::string text = label.ToString();
  if (!absl::EndsWith(label.name(), ".cow") && !absl::EndsWith(label.name(), ".bzl")) {
    return absl::InvalidArgumentError(absl::StrCat("cannot load '", text, "': the file must have extension .cow or .bzl"));
  }
  absl::StatusOr<std::string> directory = repositories.DirectoryOf(label.package());
  if (!directory.ok()) {
    if (IsDiagnostic(directory.status())) return directory.status();
    return absl::Status(directory.status().code(), absl::StrCat("cannot load '", text, "': ", directory.status().message()));
  }
  SourceTree& tree = repositories.tree();
  if (tree.BuildFileIn(*directory).empty()) {
    return absl::NotFoundError(absl::StrCat("cannot load '", text, "': '", label.package().path(),
                                            "' is not a package (it has no BUILD.cow)"));
  }
  std::string path = JoinPath(*directory, label.name());
  if (tree.KindOf(path) == FileKind::kRegular) return path;
  std::vector<std::string> names;
  if (auto listing = tree.List(*directory)) {
    for (const DirectoryEntry& entry : *listing) names.push_back(entry.name);
  }
  std::string closest = ClosestMatch(label.name(), names);
  return absl::NotFoundError(absl::StrCat("cannot load '", text, "': no such file",
                                          closest.empty() ? "" : absl::StrCat(" (did you mean '", closest, "'?)")));
}

absl::StatusOr<Label> ModuleLoader::State::ResolveLoad(const LoadStatement& load, const PackageId& package) const {
  bool absolute = absl::StartsWith(load.module, "//") || absl::StartsWith(load.module, "@");
  if (!absolute && !absl::StartsWith(load.module, ":")) {
    return absl::InvalidArgumentError(absl::StrCat("invalid load label '", load.module,
                                                   "': it must start with ':', '//' or '@'"));
  }
  return files.Parse(load.module, package);
}

absl::Status ModuleLoader::State::Compile(Entry& entry) {
  COW_ASSIGN_OR_RETURN(std::string path, Locate(entry.label));
  COW_ASSIGN_OR_RETURN(std::shared_ptr<const std::string> text, repositories.tree().Read(path));
  std::string name = repositories.DisplayName(path);
  files.Add(name, entry.label.package());
  entry.source = std::make_shared<const SourceFile>(name, *text);
  COW_ASSIGN_OR_RETURN(const starlark::Environment* environment, EnvironmentOf(entry.label));
  COW_ASSIGN_OR_RETURN(entry.program, Program::Compile(entry.source, starlark::Dialect::Module(), *environment));
  std::vector<Diagnostic> errors;
  for (const LoadStatement& load : entry.program->loads()) {
    absl::StatusOr<Label> label = ResolveLoad(load, entry.label.package());
    if (label.ok()) {
      entry.loads.push_back(*std::move(label));
    } else {
      errors.push_back({.location = load.location,
                        .message = std::string(label.status().message()),
                        .source_line = std::string(entry.source->Line(load.location.line))});
    }
  }
  return errors.empty() ? absl::OkStatus() : ErrorList(errors);
}

// Depth first over the compiled files; `path` is the way that led here.
absl::Status ModuleLoader::State::CheckAcyclic(Entry& entry, std::vector<const Entry*>& path) {
  {
    absl::MutexLock lock(&mutex);
    if (acyclic.contains(&entry)) return absl::OkStatus();
  }
  path.push_back(&entry);
  for (size_t i = 0; i < entry.loads.size(); ++i) {
    Entry& next = Compiled(entry.loads[i]);
    auto begin = std::find(path.begin(), path.end(), &next);
    if (begin != path.end()) {
      std::vector<std::string> names;
      for (auto at = begin; at != path.end(); ++at) names.push_back((*at)->label.ToString());
      names.push_back(next.label.ToString());
      return ErrorAtLocation(*entry.source, entry.program->loads()[i].location,
                             absl::StrCat("load cycle: ", absl::StrJoin(names, " -> ")));
    }
    if (next.compile_status.ok()) COW_RETURN_IF_ERROR(CheckAcyclic(next, path));
  }
  path.pop_back();
  absl::MutexLock lock(&mutex);
  acyclic.insert(&entry);
  return absl::OkStatus();
}

absl::Status ModuleLoader::State::ExportGlobals(const starlark::Module& module, const SourceFile& source) {
  for (const starlark::Global& global : module.globals()) {
    if (auto* rule = global.value.As<RuleClass>(); rule != nullptr && !rule->frozen()) {
      absl::Status status = rule->Export(global.name);
      if (!status.ok()) return ErrorAtLocation(source, rule->definition().location, status.message());
    }
    if (auto* aspect = global.value.As<AspectClass>(); aspect != nullptr && !aspect->frozen()) aspect->Export(global.name);
    if (auto* macro = global.value.As<MacroClass>(); macro != nullptr && !macro->frozen()) macro->Export(global.name);
    if (auto* rule = global.value.As<RepositoryRule>(); rule != nullptr && !rule->frozen()) rule->Export(global.name);
    if (!global.value.Is(starlark::Kind::kHost)) continue;
    if (static_cast<starlark::HostObject*>(global.value.object())->frozen()) continue;
    for (const ExportHook& hook : repositories.options().environment.on_export) hook(global.name, global.value);
  }
  return absl::OkStatus();
}

absl::StatusOr<LoadedModulePtr> ModuleLoader::State::Run(Entry& entry) {
  auto result = std::make_shared<LoadedModule>();
  result->label = entry.label;
  std::vector<LoadedModulePtr> dependencies;
  std::set<Label> closure = {entry.label};
  const std::vector<LoadStatement>& loads = entry.program->loads();
  for (size_t i = 0; i < loads.size(); ++i) {
    COW_ASSIGN_OR_RETURN(LoadedModulePtr module,
                         LoadFor(loads[i], *entry.source, entry.loads[i], entry.label.package()));
    closure.insert(module->files.begin(), module->files.end());
    dependencies.push_back(std::move(module));
  }
  auto heap = std::make_unique<starlark::Heap>();
  ModuleContext context{.files = &files, .label = entry.label};
  starlark::Thread thread(*heap);
  thread.SetHost(&context);
  repositories.options().limits.Apply(thread);
  InstallPrintHandler(thread, prints, entry.label);
  COW_ASSIGN_OR_RETURN(const starlark::Environment* environment, EnvironmentOf(entry.label));
  absl::StatusOr<starlark::Module> module =
      starlark::Execute(entry.program, thread, *environment, ModulesOf(dependencies));
  if (!module.ok()) return SimplifyTraceback(module.status(), *entry.source);
  COW_RETURN_IF_ERROR(ExportGlobals(*module, *entry.source));
  result->module = starlark::FrozenModule::Freeze(entry.label.ToString(), std::move(heap), *module);
  result->files.assign(closure.begin(), closure.end());
  result->visibility = std::move(context.visibility);
  RecordHasher hasher("cow/module");
  hasher.Add(entry.label.ToString()).Add(entry.source->text());
  for (const LoadedModulePtr& dependency : dependencies) hasher.Add(dependency->digest);
  result->digest = hasher.Finish();
  return LoadedModulePtr(std::move(result));
}

// The load graph at and below `entry` must have been checked for cycles: then waiting for another thread's
// execution ends.
absl::StatusOr<LoadedModulePtr> ModuleLoader::State::Execute(Entry& entry) {
  if (!entry.compile_status.ok()) return entry.compile_status;
  std::call_once(entry.execute_once, [&] { entry.module = Run(entry); });
  return entry.module;
}

absl::StatusOr<LoadedModulePtr> ModuleLoader::State::LoadFor(const LoadStatement& load, const SourceFile& source,
                                                             const Label& label, const PackageId& package) {
  absl::StatusOr<LoadedModulePtr> loaded = Execute(Compiled(label));
  if (!loaded.ok()) {
    if (!IsDiagnostic(loaded.status()) && !absl::StartsWith(loaded.status().message(), "Traceback")) {
      return ErrorAtLocation(source, load.location, loaded.status().message());
    }
    return WithNote(loaded.status(), absl::StrCat("'", label.ToString(), "' is loaded at ", load.location.ToString()));
  }
  const LoadedModule& module = **loaded;
  if (module.visibility && label.package() != package && !Contains(*module.visibility, package)) {
    return ErrorAtLocation(source, load.location, absl::StrCat("file '", label.ToString(),
                                                               "' may not be loaded from package '", package.path(),
                                                               "': see its call of visibility()"));
  }
  std::vector<Diagnostic> errors;
  for (const LoadStatement::Binding& binding : load.bindings) {
    if (!module.module->Find(binding.exported).IsUnset()) continue;
    std::vector<std::string> names;
    for (const starlark::Global& global : module.module->globals()) names.emplace_back(global.name);
    errors.push_back({.location = binding.location,
                      .message = absl::StrCat("file '", label.ToString(), "' does not contain symbol '",
                                              binding.exported, "'"),
                      .source_line = std::string(source.Line(binding.location.line)),
                      .suggestion = ClosestMatch(binding.exported, names)});
  }
  if (!errors.empty()) return ErrorList(errors);
  return loaded;
}

ModuleLoader::ModuleLoader(Repositories& repositories, FileTable& files, Environments& environments,
                           PrintLog& prints)
    : state_(std::make_unique<State>(repositories, files, environments, prints)) {}

ModuleLoader::~ModuleLoader() = default;

absl::StatusOr<LoadedModulePtr> ModuleLoader::Load(const Label& label) {
  Entry& entry = state_->Compiled(label);
  COW_RETURN_IF_ERROR(entry.compile_status);
  std::vector<const Entry*> path;
  COW_RETURN_IF_ERROR(state_->CheckAcyclic(entry, path));
  return state_->Execute(entry);
}

absl::StatusOr<std::vector<LoadedModulePtr>> ModuleLoader::LoadAll(const Program& program, const PackageId& package) {
  std::vector<LoadedModulePtr> modules;
  std::string errors;
  for (const LoadStatement& load : program.loads()) {
    absl::StatusOr<LoadedModulePtr> module = [&]() -> absl::StatusOr<LoadedModulePtr> {
      absl::StatusOr<Label> label = state_->ResolveLoad(load, package);
      if (!label.ok()) return ErrorAtLocation(program.source(), load.location, label.status().message());
      Entry& entry = state_->Compiled(*label);
      std::vector<const Entry*> path;
      if (entry.compile_status.ok()) COW_RETURN_IF_ERROR(state_->CheckAcyclic(entry, path));
      return state_->LoadFor(load, program.source(), *label, package);
    }();
    if (module.ok()) {
      modules.push_back(*std::move(module));
    } else {
      absl::StrAppend(&errors, errors.empty() ? "" : "\n", module.status().message());
    }
  }
  if (!errors.empty()) return MarkDiagnostic(absl::InvalidArgumentError(errors));
  return modules;
}

std::vector<std::shared_ptr<const starlark::FrozenModule>> ModulesOf(const std::vector<LoadedModulePtr>& loaded) {
  std::vector<std::shared_ptr<const starlark::FrozenModule>> modules;
  for (const LoadedModulePtr& module : loaded) modules.push_back(module->module);
  return modules;
}

}  // namespace cow::loading
