#include "engine/driver/kept_analysis.h"

#include <algorithm>
#include <utility>

#include "engine/analysis/plan_builder.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/driver/build_state.h"
#include "engine/model/build_file.h"

namespace cow::driver {
namespace {

using store::PathSnapshot;
using store::SeenPath;

bool IsBuildFile(std::string_view path) {
  const std::string_view name = PathBasename(path);
  return std::find(std::begin(kBuildFileNames), std::end(kBuildFileNames), name) != std::end(kBuildFileNames);
}

KeptAnalysis::Places PlacesOf(const analysis::PackageUses& uses, loading::Workspace& workspace) {
  std::set<PackageId> all = uses.by_all;
  for (const auto& [user, used] : uses.by_package) {
    all.insert(user);
    all.insert(used.begin(), used.end());
  }
  KeptAnalysis::Places places;
  for (const PackageId& package : all) {
    absl::StatusOr<std::string> directory = workspace.DirectoryOf(package);
    if (directory.ok()) places[*directory].push_back(package);
  }
  return places;
}

bool SameState(const SeenPath& a, const SeenPath& b) {
  if (a.kind != b.kind) return false;
  return a.kind == SeenPath::Kind::kAbsent || (a.digest && b.digest && a.digest->hash() == b.digest->hash());
}

}  // namespace

std::unique_ptr<KeptAnalysis> KeptAnalysis::Of(Last last, loading::PackageLoader& packages) {
  std::unique_ptr<KeptAnalysis> kept(new KeptAnalysis(std::move(last), packages));
  if (!kept->FindChanged() || !kept->FindLabels()) return nullptr;
  std::set<PackageId> needed;
  for (const Label& label : kept->labels_) needed.insert(label.package());
  needed = kept->last_.uses.Used(needed);
  needed.insert(kept->last_.uses.by_all.begin(), kept->last_.uses.by_all.end());
  packages.LoadAll(std::vector<PackageId>(needed.begin(), needed.end()));
  if (!kept->Holds()) return nullptr;
  return kept;
}

// False if a change may concern everything: a .cow file, or something that lies in no package.
bool KeptAnalysis::FindChanged() {
  if (last_.changes.empty()) return false;
  const Places places = PlacesOf(last_.uses, packages_.workspace());
  for (const PathSnapshot::Change& change : last_.changes) {
    changed_paths_.insert(change.path);
    switch (change.kind) {
      case SeenPath::Kind::kFile:
        if (!IsBuildFile(change.path)) return false;
        AddPackagesAt(std::string(PathDirname(change.path)), places);
        break;
      case SeenPath::Kind::kAbsent:
        if (absl::StatusOr<FileInfo> now = StatFile(change.path); now.ok() && now->kind != FileKind::kDirectory) return false;
        AddPackagesAbove(change.path, places);
        break;
      case SeenPath::Kind::kSourceDirectory: AddPackagesAbove(change.path, places); break;
      case SeenPath::Kind::kDirectory:
      case SeenPath::Kind::kSymlink: return false;
    }
  }
  std::optional<std::set<PackageId>> users = last_.uses.Users(changed_);
  if (!users) return false;
  concerned_ = *std::move(users);
  return true;
}

bool KeptAnalysis::AddPackagesAt(const std::string& directory, const Places& places) {
  auto found = places.find(directory);
  if (found == places.end()) return false;
  changed_.insert(found->second.begin(), found->second.end());
  return true;
}

// Globs of a package look at all below it, up to other packages: until one that was there and is.
void KeptAnalysis::AddPackagesAbove(const std::string& directory, const Places& places) {
  loading::SourceTree& tree = packages_.workspace().source_tree();
  for (std::string_view at = directory; at.size() > 1; at = PathDirname(at)) {
    const std::string above(at);
    if (AddPackagesAt(above, places) && !tree.BuildFileIn(above).empty()) return;
  }
}

// False if no target is kept.
bool KeptAnalysis::FindLabels() {
  absl::StatusOr<std::vector<Label>> targets = last_.plan.Targets();
  if (!targets.ok()) return false;
  auto stays = [this](const Label& label) {
    return !concerned_.contains(label.package()) && last_.uses.by_package.contains(label.package());
  };
  for (Label& label : *targets) {
    if (stays(label)) labels_.insert(std::move(label));
  }
  for (const SkippedTarget& target : last_.skipped) {
    if (!stays(target.label)) continue;
    labels_.insert(target.label);
    skipped_.emplace(target.label, target.reason);
  }
  return !labels_.empty();
}

bool KeptAnalysis::Holds() const {
  absl::flat_hash_map<std::string_view, const SeenPath*> known;
  for (const SeenPath& read : last_.reads) known.emplace(read.path, &read);
  for (const SeenPath& read : PathsOf(packages_.FilesRead())) {
    auto found = known.find(read.path);
    if (found == known.end() || changed_paths_.contains(read.path)) continue;
    if (!SameState(read, *found->second)) return false;
  }
  return true;
}

absl::Status KeptAnalysis::AddTo(analysis::AnalysisResult& result) const {
  const absl::flat_hash_set<Label> known(result.known.begin(), result.known.end());
  COW_RETURN_IF_ERROR(last_.plan.AddTo([&](const Label& label) { return known.contains(label); }, &result.plan));
  if (!analysis::CheckOutputPlaces(result.plan).ok()) return absl::AbortedError("an output lies below another");
  for (const Label& label : result.known) {
    if (auto found = skipped_.find(label); found != skipped_.end()) result.skipped.push_back({label, found->second});
  }
  absl::flat_hash_map<Label, size_t> places;
  for (const Label& label : result.labels) places.emplace(label, places.size());
  auto earlier = [&](const auto& a, const auto& b) { return places.at(a.label) < places.at(b.label); };
  std::stable_sort(result.plan.targets.begin(), result.plan.targets.end(), earlier);
  std::stable_sort(result.plan.tests.begin(), result.plan.tests.end(), earlier);
  std::stable_sort(result.skipped.begin(), result.skipped.end(), earlier);
  return absl::OkStatus();
}

analysis::PackageUses KeptAnalysis::UsesWith(const analysis::PackageUses& fresh) const {
  analysis::PackageUses uses = fresh;
  uses.by_all.insert(last_.uses.by_all.begin(), last_.uses.by_all.end());
  for (const auto& [user, used] : last_.uses.by_package) {
    if (!concerned_.contains(user)) uses.by_package[user].insert(used.begin(), used.end());
  }
  return uses;
}

std::vector<SeenPath> KeptAnalysis::OtherReads(const std::vector<SeenPath>& fresh) const {
  absl::flat_hash_set<std::string_view> seen;
  for (const SeenPath& read : fresh) seen.insert(read.path);
  std::vector<SeenPath> others;
  for (const SeenPath& read : last_.reads) {
    if (!seen.contains(read.path) && !changed_paths_.contains(read.path)) others.push_back(read);
  }
  return others;
}

absl::StatusOr<analysis::AnalysisResult> AnalyzeRest(const analysis::AnalysisRequest& request,
                                                     loading::PackageLoader& packages,
                                                     std::unique_ptr<KeptAnalysis>& kept) {
  if (kept == nullptr) return analysis::Analyze(request, packages);
  analysis::AnalysisRequest rest = request;
  rest.is_known = [&](const Label& label) { return kept->Has(label); };
  COW_ASSIGN_OR_RETURN(analysis::AnalysisResult result, analysis::Analyze(rest, packages));
  if (kept->Holds()) {
    absl::Status added = kept->AddTo(result);
    if (!absl::IsAborted(added)) return added.ok() ? absl::StatusOr<analysis::AnalysisResult>(std::move(result)) : added;
  }
  kept.reset();
  return analysis::Analyze(request, packages);
}

}  // namespace cow::driver
