#include "engine/execution/seen_paths.h"

#include <map>
#include <set>
#include <utility>

#include "engine/base/rel_path.h"
#include "engine/store/listing_digest.h"

namespace cow::execution {
namespace {

using store::SeenPath;

void AddHostTree(const HostTree& tree, std::vector<SeenPath>* seen) {
  for (const HostTreeEntry& entry : tree.entries) {
    switch (entry.kind) {
      case HostTreeEntry::Kind::kFile:
        seen->push_back({.path = entry.source_path, .digest = entry.digest, .executable = entry.executable});
        break;
      case HostTreeEntry::Kind::kDirectory:
        seen->push_back({.path = "/" + entry.path, .kind = SeenPath::Kind::kDirectory});
        break;
      case HostTreeEntry::Kind::kSymlink:
        seen->push_back(
            {.path = "/" + entry.path, .kind = SeenPath::Kind::kSymlink, .digest = Digest::Of(entry.target)});
        break;
    }
  }
  for (const std::string& path : tree.absent) seen->push_back({.path = path, .kind = SeenPath::Kind::kAbsent});
}

// The directories that hold nothing but what a layout lists.
class ClosedDirectories {
 public:
  explicit ClosedDirectories(const OutputLayout& layout) {
    for (const std::string& tree : layout.trees) {
      trees_.insert(tree);
      listings_[tree];
    }
    for (const std::string& path : layout.directories) Add(path, FileKind::kDirectory);
    for (const OutputLayout::File& file : layout.files) Add(file.path, FileKind::kRegular);
    for (const OutputLayout::Link& link : layout.links) Add(link.path, FileKind::kSymlink);
  }

  // Directory -> names and kinds.
  const std::map<std::string, std::map<std::string, FileKind>>& listings() const { return listings_; }

 private:
  void Add(const std::string& path, FileKind kind) {
    if (!IsInside(path)) return;
    if (kind == FileKind::kDirectory) listings_[path];
    if (trees_.contains(path)) return;
    std::string parent(PathDirname(path));
    listings_[parent].try_emplace(std::string(PathBasename(path)), kind);
    Add(parent, FileKind::kDirectory);
  }

  bool IsInside(const std::string& path) const {
    for (std::string at = path; !at.empty(); at = PathDirname(at)) {
      if (trees_.contains(at)) return true;
    }
    return false;
  }

  std::set<std::string> trees_;
  std::map<std::string, std::map<std::string, FileKind>> listings_;
};

}  // namespace

std::vector<SeenPath> SourcesRead(const BuildPlan& plan, const PlanSlice& slice, const ValueTable& values) {
  std::vector<SeenPath> seen;
  for (ArtifactId id : slice.sources()) {
    const ArtifactValue value = values.Get(id);
    seen.push_back({.path = plan.artifact(id).source_path,
                    .digest = value.digest,
                    .executable = value.executable,
                    .role = SeenPath::Role::kSource,
                    .tag = id.value()});
  }
  return seen;
}

void AddHostTreePaths(const BuildPlan& plan, const PlanSlice& slice, std::vector<SeenPath>* seen) {
  std::set<HostTreeId> trees;
  for (ActionId id : slice.actions()) {
    if (plan.action(id).host_tree.valid()) trees.insert(plan.action(id).host_tree);
  }
  for (HostTreeId id : trees) AddHostTree(*plan.host_trees[id.value()], seen);
}

std::vector<SeenPath> PathsWritten(const OutputLayout& layout, const std::string& root) {
  std::vector<SeenPath> seen;
  for (const OutputLayout::File& file : layout.files) {
    seen.push_back({.path = JoinPath(root, file.path), .digest = file.digest, .executable = file.executable,
                    .role = SeenPath::Role::kOutput});
  }
  for (const OutputLayout::Link& link : layout.links) {
    seen.push_back(
        {.path = JoinPath(root, link.path), .kind = SeenPath::Kind::kSymlink, .digest = Digest::Of(link.target),
         .role = SeenPath::Role::kOutput});
  }
  for (const std::string& path : layout.absent) {
    seen.push_back({.path = JoinPath(root, path), .kind = SeenPath::Kind::kAbsent, .role = SeenPath::Role::kOutput});
  }
  const ClosedDirectories closed(layout);
  for (const auto& [directory, names] : closed.listings()) {
    std::vector<DirectoryEntry> listing;
    for (const auto& [name, kind] : names) listing.push_back({name, kind});
    seen.push_back({.path = JoinPath(root, directory),
                    .kind = SeenPath::Kind::kDirectory,
                    .digest = store::DigestOfListing(listing),
                    .role = SeenPath::Role::kOutput});
  }
  return seen;
}

}  // namespace cow::execution
