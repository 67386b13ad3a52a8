#include "engine/model/runfiles_tree.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/base/path_order.h"

namespace cow {
namespace {

bool Covers(const RunfilesEntry& kept, const RunfilesEntry& entry) {
  return absl::StartsWith(entry.path, kept.path) &&
         (entry.path.size() == kept.path.size() || entry.path[kept.path.size()] == '/');
}

std::vector<RunfilesEntry> Candidates(const RunfilesTree& tree, const std::vector<Artifact>& artifacts) {
  std::vector<RunfilesEntry> sources;
  std::vector<RunfilesEntry> generated;
  for (ArtifactId id : tree.files.ToList()) {
    const Artifact& artifact = artifacts[id.value()];
    (artifact.is_source() ? sources : generated).push_back({RunfilesKey(tree.workspace, artifact.runfiles_path()), id});
  }
  sources.insert(sources.end(), generated.begin(), generated.end());
  sources.insert(sources.end(), tree.symlinks.begin(), tree.symlinks.end());
  return sources;
}

}  // namespace

std::string RunfilesKey(std::string_view workspace, std::string_view runfiles_path) {
  if (runfiles_path.starts_with("../")) return std::string(runfiles_path.substr(3));
  return absl::StrCat(workspace, "/", runfiles_path);
}

std::vector<RunfilesEntry> EntriesOf(const RunfilesTree& tree, const std::vector<Artifact>& artifacts,
                                     std::vector<RunfilesCollision>* collisions) {
  std::vector<RunfilesEntry> candidates = Candidates(tree, artifacts);
  const std::string main = absl::StrCat(tree.workspace, "/");
  if (std::none_of(candidates.begin(), candidates.end(),
                   [&](const RunfilesEntry& entry) { return absl::StartsWith(entry.path, main); })) {
    candidates.push_back({absl::StrCat(main, ".runfile"), ArtifactId()});
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const RunfilesEntry& a, const RunfilesEntry& b) { return PathBefore(a.path, b.path); });
  std::vector<RunfilesEntry> entries;
  for (RunfilesEntry& entry : candidates) {
    if (entries.empty() || !Covers(entries.back(), entry)) {
      entries.push_back(std::move(entry));
    } else if (collisions != nullptr && entry != entries.back()) {
      collisions->push_back({entries.back(), entry});
    }
  }
  return entries;
}

std::string ManifestText(const std::vector<RunfilesEntry>& entries, std::string_view root) {
  std::string text;
  for (const RunfilesEntry& entry : entries) {
    std::string place = entry.artifact.valid() ? absl::StrCat(root, "/", entry.path) : "";
    if (entry.path.find_first_of(" \n\\") == std::string::npos) {
      absl::StrAppend(&text, entry.path, " ", place, "\n");
      continue;
    }
    absl::StrAppend(&text, " ", absl::StrReplaceAll(entry.path, {{"\\", "\\b"}, {"\n", "\\n"}, {" ", "\\s"}}), " ",
                    absl::StrReplaceAll(place, {{"\\", "\\b"}, {"\n", "\\n"}}), "\n");
  }
  return text;
}

}  // namespace cow
