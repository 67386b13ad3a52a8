#include "engine/loading/build_file_evaluator.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/edit_distance.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/loading/environments.h"
#include "engine/loading/error_list.h"
#include "engine/loading/file_table.h"
#include "engine/loading/glob.h"
#include "engine/loading/module_loader.h"
#include "engine/loading/package_builder.h"
#include "engine/loading/print_handler.h"
#include "engine/loading/repositories.h"
#include "engine/starlark/module.h"
#include "engine/starlark/program.h"

namespace cow::loading {
namespace {

// For "did you mean": packages whose last segment or whole path is close. Looks only at directories, not deeper
// than a person would type.
void CollectPackages(SourceTree& tree, const std::string& directory, const std::string& below, int depth,
                     std::vector<std::string>& found) {
  std::shared_ptr<const Listing> listing = tree.List(directory);
  if (listing == nullptr || depth > 6 || found.size() > 5000) return;
  if (!tree.BuildFileIn(directory).empty()) found.push_back(below);
  for (const DirectoryEntry& entry : *listing) {
    if (entry.kind != FileKind::kDirectory || (depth == 0 && IsHiddenFromSearch(entry.name))) continue;
    if (tree.IsLinkedDirectory(JoinPath(directory, entry.name))) continue;
    CollectPackages(tree, JoinPath(directory, entry.name), JoinPath(below, entry.name), depth + 1, found);
  }
}

std::string SuggestPackage(SourceTree& tree, const std::string& root, const PackageId& id) {
  std::vector<std::string> packages;
  CollectPackages(tree, root, "", 0, packages);
  std::string closest = ClosestMatch(id.path(), packages);
  if (closest.empty()) {
    // The right name in another place: //repeater for //packages/repeater.
    for (const std::string& path : packages) {
      if (!path.empty() && PathBasename(path) == PathBasename(id.path())) closest = path;
    }
  }
  if (closest.empty()) return "";
  std::string repo = id.repo().empty() ? "" : absl::StrCat("@", id.repo());
  return absl::StrCat(" (did you mean '", repo, "//", closest, "'?)");
}

absl::Status NoSuchPackage(Workspace& workspace, const PackageId& id, const std::string& directory) {
  SourceTree& tree = workspace.source_tree();
  COW_ASSIGN_OR_RETURN(std::string root, workspace.RepositoryRoot(id.repo()));
  bool exists = tree.List(directory) != nullptr;
  std::string shown = id.path().empty() ? "the top directory" : absl::StrCat("directory '", id.path(), "'");
  return absl::NotFoundError(absl::StrCat(
      "no such package '", id.repo().empty() ? id.path() : id.ToString(), "': ",
      exists ? absl::StrCat("there is no BUILD.cow in ", shown) : absl::StrCat(shown, " does not exist"),
      SuggestPackage(tree, root, id)));
}

// All programs of the directory as exported files.
std::string ProgramsBuildText(SourceTree& tree, const std::string& directory) {
  std::string text = "exports_files([\n";
  if (std::shared_ptr<const Listing> listing = tree.List(directory)) {
    for (const DirectoryEntry& entry : *listing) {
      if (entry.kind == FileKind::kRegular) absl::StrAppend(&text, "    \"", entry.name, "\",\n");
    }
  }
  return text + "])\n";
}

// What bind() declared, as aliases anybody may use.
std::string BindingsBuildText(const FileTable& files) {
  std::string text = "package(default_visibility = [\"//visibility:public\"])\n";
  for (const auto& [name, actual] : files.bindings()) {
    absl::StrAppend(&text, "alias(name = \"", name, "\", actual = \"", actual.ToString(), "\")\n");
  }
  return text;
}

struct BuildFileText {
  std::string name{};                             // "BUILD.cow"
  std::string directory{};
  std::shared_ptr<const SourceFile> source{};
};

absl::StatusOr<BuildFileText> ReadBuildFile(Workspace& workspace, const PackageId& id) {
  BuildFileText result;
  COW_ASSIGN_OR_RETURN(result.directory, workspace.DirectoryOf(id));
  SourceTree& tree = workspace.source_tree();
  if (id.repo() == kProgramsRepository && id.path().empty()) {
    result.name = "BUILD.cow";
    result.source = std::make_shared<const SourceFile>(absl::StrCat("@", kProgramsRepository, "//:BUILD.cow"),
                                                       ProgramsBuildText(tree, result.directory));
    return result;
  }
  result.name = tree.BuildFileIn(result.directory);
  const FileTable& files = workspace.files();
  if (result.name.empty() && id.repo().empty() && id.path() == kExternalPackage && !files.bindings().empty()) {
    result.name = "BUILD.cow";
    result.source = std::make_shared<const SourceFile>("external/BUILD.cow", BindingsBuildText(files));
    return result;
  }
  if (result.name.empty()) return NoSuchPackage(workspace, id, result.directory);
  std::string path = JoinPath(result.directory, result.name);
  COW_ASSIGN_OR_RETURN(std::shared_ptr<const std::string> text, tree.Read(path));
  result.source = std::make_shared<const SourceFile>(workspace.repositories().DisplayName(path), *text);
  return result;
}

std::vector<Label> FilesOf(const std::vector<LoadedModulePtr>& loaded) {
  std::set<Label> files;
  for (const LoadedModulePtr& module : loaded) files.insert(module->files.begin(), module->files.end());
  return {files.begin(), files.end()};
}

// What was written down before the evaluation stopped, then what stopped it.
absl::Status Combine(PackageBuilder& builder, const absl::Status& status) {
  if (!builder.has_errors()) return status;
  std::string text(ErrorList(builder.TakeErrors()).message());
  return MarkDiagnostic(absl::InvalidArgumentError(absl::StrCat(text, "\n", status.message())));
}

}  // namespace

absl::StatusOr<PackagePtr> EvaluateBuildFile(Workspace& workspace, const PackageId& id) {
  COW_ASSIGN_OR_RETURN(BuildFileText file, ReadBuildFile(workspace, id));
  COW_ASSIGN_OR_RETURN(Label build_file, Label::Create(id, file.name));
  COW_ASSIGN_OR_RETURN(const starlark::Environment* environment, workspace.environments().BuildFile());
  workspace.files().Add(file.source->name(), id);
  COW_ASSIGN_OR_RETURN(std::shared_ptr<const starlark::Program> program,
                       starlark::Program::Compile(file.source, starlark::Dialect::Build(), *environment));
  COW_ASSIGN_OR_RETURN(std::vector<LoadedModulePtr> loaded, workspace.modules().LoadAll(*program, id));
  auto heap = std::make_unique<starlark::Heap>();
  const Label printing = build_file;
  PackageBuilder builder({.id = id,
                          .build_file = std::move(build_file),
                          .directory = file.directory,
                          .source = file.source,
                          .tree = &workspace.source_tree(),
                          .files = &workspace.files()});
  starlark::Thread thread(*heap);
  thread.SetHost(&builder);
  workspace.options().limits.Apply(thread);
  InstallPrintHandler(thread, workspace.prints(), printing);
  absl::Status status = starlark::Execute(program, thread, *environment, ModulesOf(loaded)).status();
  if (status.ok()) status = builder.RunFinalizers(thread);
  if (!status.ok()) return Combine(builder, SimplifyTraceback(status, *file.source));
  return builder.Finish(starlark::Heap::Freeze(std::move(heap)), FilesOf(loaded));
}

}  // namespace cow::loading
