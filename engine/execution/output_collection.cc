#include "engine/execution/output_collection.h"

#include <map>
#include <string>
#include <utility>

#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/store/tree_encoding.h"

namespace cow::execution {
namespace {

using store::TreeEntry;

// Gathers the entries of one tree. Directories are named only if nothing is in them.
class TreeGatherer {
 public:
  void Add(TreeEntry entry) {
    empty_directories_.erase(std::string(PathDirname(entry.path)));
    if (entry.kind == TreeEntry::Kind::kEmptyDirectory) {
      if (!entry.path.empty()) empty_directories_[entry.path] = std::move(entry);
    } else {
      entries_.push_back(std::move(entry));
    }
  }

  absl::StatusOr<std::string> Encode() && {
    for (auto& [path, entry] : empty_directories_) entries_.push_back(std::move(entry));
    return store::EncodeTree(entries_);
  }

 private:
  std::vector<TreeEntry> entries_;
  std::map<std::string, TreeEntry> empty_directories_;
};

class Collector {
 public:
  explicit Collector(store::LocalCas& cas) : cas_(cas) {}

  absl::Status Take(const DeclaredOutput& output, FoundEntry entry) {
    Digest digest;
    if (entry.kind == ActionOutput::Kind::kFile) {
      COW_ASSIGN_OR_RETURN(digest, cas_.AdoptFile(entry.host_path));
    }
    if (output.kind == ActionOutput::Kind::kTree) {
      TakeIntoTree(output.path, std::move(entry), digest);
    } else {
      values_[output.path] = {
          .kind = entry.kind, .digest = digest, .executable = entry.executable, .target = std::move(entry.target)};
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<ArtifactValue>> Finish(const std::vector<DeclaredOutput>& outputs) && {
    std::vector<ArtifactValue> values;
    for (const DeclaredOutput& output : outputs) {
      if (output.kind != ActionOutput::Kind::kTree) {
        values.push_back(values_[output.path]);
        continue;
      }
      COW_ASSIGN_OR_RETURN(std::string encoded, std::move(trees_[output.path]).Encode());
      COW_ASSIGN_OR_RETURN(Digest digest, cas_.Put(encoded));
      values.push_back({.kind = ArtifactValue::Kind::kTree, .digest = digest});
    }
    return values;
  }

 private:
  void TakeIntoTree(const std::string& tree, FoundEntry entry, const Digest& digest) {
    TreeEntry::Kind kind = entry.kind == ActionOutput::Kind::kFile      ? TreeEntry::Kind::kFile
                           : entry.kind == ActionOutput::Kind::kSymlink ? TreeEntry::Kind::kSymlink
                                                                        : TreeEntry::Kind::kEmptyDirectory;
    trees_[tree].Add({.kind = kind,
                      .path = std::move(entry.path),
                      .digest = digest,
                      .executable = entry.executable,
                      .target = std::move(entry.target)});
  }

  store::LocalCas& cas_;
  std::map<std::string, ArtifactValue> values_;
  std::map<std::string, TreeGatherer> trees_;
};

}  // namespace

absl::StatusOr<CollectedOutputs> CollectOutputs(const ScanRequest& request, store::LocalCas& cas) {
  Collector collector(cas);
  CollectedOutputs collected;
  COW_ASSIGN_OR_RETURN(collected.broken, ScanOutputs(request, [&](const DeclaredOutput& output, FoundEntry entry) {
                         return collector.Take(output, std::move(entry));
                       }));
  if (collected.broken.empty()) {
    COW_ASSIGN_OR_RETURN(collected.values, std::move(collector).Finish(request.outputs));
  }
  return collected;
}

}  // namespace cow::execution
