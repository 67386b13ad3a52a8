#include "engine/loading/package_loader.h"

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/edit_distance.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/base/thread_pool.h"
#include "engine/loading/build_file_evaluator.h"
#include "engine/loading/glob.h"
#include "engine/loading/ignored_directories.h"
#include "engine/loading/print_log.h"

namespace cow::loading {
namespace {

struct Slot {
  std::once_flag once{};
  absl::StatusOr<PackagePtr> package = absl::UnknownError("not loaded");
};

}  // namespace

struct PackageLoader::State {
  State(Workspace& owner, int thread_count) : workspace(owner), threads(thread_count) {}

  Workspace& workspace;
  const int threads;
  bool ignore_visibility = false;
  Observer observer{};
  absl::Mutex mutex;
  std::map<PackageId, std::unique_ptr<Slot>> slots ABSL_GUARDED_BY(mutex);

  Slot& SlotOf(const PackageId& id) {
    absl::MutexLock lock(&mutex);
    std::unique_ptr<Slot>& slot = slots[id];
    if (slot == nullptr) slot = std::make_unique<Slot>();
    return *slot;
  }
};

PackageLoader::PackageLoader(Workspace& workspace, int threads)
    : state_(std::make_unique<State>(workspace, threads > 0 ? threads : ProcessorCount())) {}

PackageLoader::~PackageLoader() = default;

Workspace& PackageLoader::workspace() { return state_->workspace; }

void PackageLoader::SetObserver(Observer observer) { state_->observer = std::move(observer); }

absl::StatusOr<PackagePtr> PackageLoader::Load(const PackageId& id) {
  if (state_->observer) state_->observer(id);
  Slot& slot = state_->SlotOf(id);
  std::call_once(slot.once, [&] { slot.package = EvaluateBuildFile(state_->workspace, id); });
  return slot.package;
}

std::vector<absl::StatusOr<PackagePtr>> PackageLoader::LoadAll(const std::vector<PackageId>& ids) {
  std::vector<absl::StatusOr<PackagePtr>> packages(ids.size());
  PrintLog::Hold hold(state_->workspace.prints());
  ParallelFor(state_->threads, ids.size(), [&](size_t i) { packages[i] = Load(ids[i]); });
  return packages;
}

absl::StatusOr<const Target*> PackageLoader::LoadTarget(const Label& label) {
  COW_ASSIGN_OR_RETURN(PackagePtr package, Load(label.package()));
  absl::StatusOr<const Target*> target = package->Get(label.name());
  if (target.ok() && !(*target)->has_legal_name()) {
    const MacroInstance& macro = *(*target)->macro();
    return (*target)->Error(absl::StrCat("target ", label.ToString(), " declared in symbolic macro '", macro.name,
                                         "' violates macro naming rules and cannot be built: its name must be '",
                                         macro.name, "' or start with it followed by '_', '-' or '.'"));
  }
  if (target.ok()) return target;
  const std::string& name = label.name();
  SourceTree& tree = state_->workspace.source_tree();
  for (size_t slash = name.rfind('/'); slash != std::string::npos; slash = slash == 0 ? std::string::npos : name.rfind('/', slash - 1)) {
    std::string below = name.substr(0, slash);
    if (tree.BuildFileIn(JoinPath(package->directory(), below)).empty()) continue;
    std::string repo = label.repo().empty() ? "" : absl::StrCat("@", label.repo());
    std::string path = JoinPath(label.package().path(), below);
    return absl::NotFoundError(absl::StrCat("label '", label.ToString(), "' crosses into subpackage '", path,
                                            "' (did you mean '", repo, "//", path, ":", name.substr(slash + 1), "'?)"));
  }
  return target;
}

absl::StatusOr<std::string> PackageLoader::SourceFilePath(const Target& target) {
  COW_ASSIGN_OR_RETURN(std::string directory, state_->workspace.DirectoryOf(target.label().package()));
  std::string path = JoinPath(directory, target.name());
  SourceTree& tree = state_->workspace.source_tree();
  switch (tree.KindOf(path)) {
    case FileKind::kRegular: return path;
    case FileKind::kDirectory:
      return absl::InvalidArgumentError(absl::StrCat("'", target.label().ToString(), "' is a directory; use glob([\"",
                                                     target.name(), "/**\"]) to name its files"));
    case FileKind::kSymlink:
    case FileKind::kOther: break;
  }
  std::vector<std::string> names;
  if (auto listing = tree.List(std::string(PathDirname(path)))) {
    for (const DirectoryEntry& entry : *listing) names.push_back(entry.name);
  }
  std::string closest = ClosestMatch(PathBasename(path), names);
  return absl::NotFoundError(absl::StrCat("missing input file '", target.label().ToString(), "'",
                                          closest.empty() ? "" : absl::StrCat(" (did you mean '", closest, "'?)")));
}

absl::StatusOr<const PackageGroup*> PackageLoader::FindGroup(const Label& group) {
  COW_ASSIGN_OR_RETURN(const Target* target, LoadTarget(group));
  if (target->kind() != Target::Kind::kPackageGroup) {
    return absl::InvalidArgumentError(absl::StrCat("'", group.ToString(), "' is used as visibility, but it is no package_group"));
  }
  return &target->package_group();
}

void PackageLoader::IgnoreVisibility() { state_->ignore_visibility = true; }

absl::Status PackageLoader::CheckVisible(const Target& dependency, const Label& dependent) {
  if (state_->ignore_visibility) return absl::OkStatus();
  return loading::CheckVisible(dependency, dependent, [this](const Label& group) { return FindGroup(group); });
}

absl::Status PackageLoader::CheckVisible(const Target& dependency, const Target& dependent) {
  if (state_->ignore_visibility) return absl::OkStatus();
  return loading::CheckVisible(dependency, dependent, [this](const Label& group) { return FindGroup(group); });
}

absl::StatusOr<std::vector<PackageId>> PackageLoader::PackagesBelow(const PackageId& top) {
  COW_ASSIGN_OR_RETURN(std::string directory, state_->workspace.DirectoryOf(top));
  SourceTree& tree = state_->workspace.source_tree();
  COW_ASSIGN_OR_RETURN(std::string root, state_->workspace.RepositoryRoot(top.repo()));
  const IgnoredDirectories ignored(tree, root);
  std::vector<PackageId> found;
  std::function<void(const std::string&, const std::string&)> search = [&](const std::string& place,
                                                                           const std::string& path) {
    std::shared_ptr<const Listing> listing = tree.List(place);
    if (listing == nullptr || ignored.Contains(path)) return;
    bool virtual_package = top.repo() == kProgramsRepository && path.empty();
    if (virtual_package || !tree.BuildFileIn(place).empty()) {
      absl::StatusOr<PackageId> id = PackageId::Create(top.repo(), path);
      // A directory that cannot be a package name cannot be asked for either.
      if (id.ok()) found.push_back(*std::move(id));
    }
    if (virtual_package) return;
    for (const DirectoryEntry& entry : *listing) {
      if (entry.kind != FileKind::kDirectory || IsHiddenFromSearch(entry.name)) continue;
      std::string inner = JoinPath(place, entry.name);
      // Symlinks are not followed: a link to a directory above would never end.
      if (tree.IsLinkedDirectory(inner)) continue;
      if (tree.KindOf(JoinPath(inner, kWorkspaceFile)) != FileKind::kOther) continue;
      search(inner, JoinPath(path, entry.name));
    }
  };
  search(directory, top.path());
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<FileRead> PackageLoader::FilesRead() const { return state_->workspace.FilesRead(); }

}  // namespace cow::loading
