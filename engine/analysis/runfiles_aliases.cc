#include "engine/analysis/runfiles_aliases.h"

#include <utility>

#include "engine/base/rel_path.h"

namespace cow::analysis {

// Of files and of the directories above them.
absl::flat_hash_set<std::string> RunfilesAliases::PathsOfSources(
    const std::vector<ArtifactId>& runfiles) const {
  absl::flat_hash_set<std::string> paths;
  for (ArtifactId id : runfiles) {
    const Artifact& artifact = plan_.artifacts[id.value()];
    if (!artifact.is_source()) continue;
    for (std::string path = artifact.exec_path; !path.empty(); path = PathDirname(path)) {
      if (!paths.insert(path).second) break;
    }
  }
  return paths;
}

ArtifactId RunfilesAliases::Make(ArtifactId original, const std::string& path) {
  Artifact artifact = plan_.artifacts[original.value()];
  ArtifactId alias(static_cast<uint32_t>(plan_.artifacts.size()));
  artifact.exec_path = path;
  artifact.root.clear();
  artifact.generating_action = ActionId(static_cast<uint32_t>(plan_.actions.size()));
  Action action;
  action.kind = Action::Kind::kSymlink;
  action.owner = artifact.owner;
  action.mnemonic = "Runfile";
  action.inputs = Depset<ArtifactId>({original}, {});
  action.outputs = {alias};
  plan_.artifacts.push_back(std::move(artifact));
  plan_.actions.push_back(std::move(action));
  return alias;
}

std::vector<ArtifactId> RunfilesAliases::Add(const std::vector<ArtifactId>& runfiles) {
  const absl::flat_hash_set<std::string> taken = PathsOfSources(runfiles);
  std::vector<ArtifactId> aliases;
  for (ArtifactId id : runfiles) {
    const Artifact& artifact = plan_.artifacts[id.value()];
    if (artifact.is_source() || artifact.root.empty()) continue;
    std::string path = artifact.short_path();
    if (taken.contains(path)) continue;
    auto [place, fresh] = by_path_.try_emplace(path);
    if (fresh) place->second = {id, Make(id, path)};
    if (place->second.original == id) aliases.push_back(place->second.alias);
  }
  return aliases;
}

}  // namespace cow::analysis
