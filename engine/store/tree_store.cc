#include "engine/store/tree_store.h"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/store/file_lock.h"
#include "engine/store/tree_encoding.h"
#include "engine/store/tree_layer.h"

namespace cow::store {

TreeStore::TreeStore(const CacheLayout& layout, std::string scratch_dir, LocalCas* cas, Database* database)
    : trees_dir_(layout.trees()),
      scratch_dir_(std::move(scratch_dir)),
      cas_(*cas),
      database_(*database),
      index_(database, Table::kTrees) {}

bool TreeStore::IsTrusted(const std::string& name) {
  absl::StatusOr<FileInfo> info = LstatFile(absl::StrCat(trees_dir_, "/", name));
  if (!info.ok() || info->kind != FileKind::kDirectory) return false;
  {
    absl::MutexLock lock(&mutex_);
    auto own = laid_out_.find(name);
    if (own != laid_out_.end() && own->second == *info) return true;
  }
  return index_.IsTrusted(name, *info);
}

// Held: the tree's lock. What stands in the way was left by a session that died or from before a power cut. An action
// may still see it: it goes with the scratch directory.
absl::Status TreeStore::Replace(const std::string& name, const std::string& laid_out) {
  std::string place = absl::StrCat(trees_dir_, "/", name);
  if (FileExists(place)) {
    index_.Forget(name);
    COW_ASSIGN_OR_RETURN(std::string aside, MakeTempDirectory(scratch_dir_ + "/old-tree-"));
    chmod(place.c_str(), 0755);  // to move a directory one must be able to write to it
    COW_RETURN_IF_ERROR(RenameFile(place, aside));
  }
  COW_RETURN_IF_ERROR(RenameFile(laid_out, place));
  if (chmod(place.c_str(), 0555) != 0) return ErrnoStatus(errno, place);
  COW_ASSIGN_OR_RETURN(FileInfo info, LstatFile(place));
  index_.Record(name, info);
  {
    absl::MutexLock lock(&mutex_);
    laid_out_[name] = info;
  }
  // Other processes must see the record before the lock is free; if they cannot, they lay the tree out again.
  database_.Flush().IgnoreError();
  return absl::OkStatus();
}

absl::StatusOr<std::string> TreeStore::Materialize(const std::string& name,
                                                   const std::function<NodesOrError()>& nodes) {
  std::string place = absl::StrCat(trees_dir_, "/", name);
  if (IsTrusted(name)) return place;
  COW_ASSIGN_OR_RETURN(FileLock lock, FileLock::Acquire(absl::StrCat(trees_dir_, "/lock-", name.substr(0, 2))));
  if (IsTrusted(name)) return place;
  COW_ASSIGN_OR_RETURN(std::vector<HostTreeEntry> entries, nodes());
  COW_ASSIGN_OR_RETURN(std::string temp, MakeTempDirectory(scratch_dir_ + "/tree-"));
  absl::Status status = LayTree(temp, entries);
  if (status.ok()) status = Replace(name, temp);
  if (status.ok()) return place;
  RemoveTree(temp).IgnoreError();
  return status;
}

TreeStore::NodesOrError TreeStore::NodesOfTree(const Digest& tree) {
  COW_ASSIGN_OR_RETURN(std::string bytes, cas_.Get(tree));
  COW_ASSIGN_OR_RETURN(TreeContents contents, DecodeTree(bytes));
  std::vector<HostTreeEntry> nodes;
  for (TreeEntry& entry : contents.entries) {
    switch (entry.kind) {
      case TreeEntry::Kind::kFile: {
        COW_ASSIGN_OR_RETURN(std::string source, cas_.PathOf(entry.digest));
        nodes.push_back({.kind = HostTreeEntry::Kind::kFile,
                         .path = std::move(entry.path),
                         .source_path = std::move(source),
                         .digest = entry.digest,
                         .executable = entry.executable});
        break;
      }
      case TreeEntry::Kind::kSymlink:
        nodes.push_back({.kind = HostTreeEntry::Kind::kSymlink,
                         .path = std::move(entry.path),
                         .target = std::move(entry.target)});
        break;
      case TreeEntry::Kind::kEmptyDirectory:
        nodes.push_back({.kind = HostTreeEntry::Kind::kDirectory, .path = std::move(entry.path)});
        break;
    }
  }
  return nodes;
}

absl::StatusOr<std::string> TreeStore::MaterializeTree(const Digest& tree) {
  cas_.Lease(tree);
  return Materialize(tree.hex(), [&] { return NodesOfTree(tree); });
}

absl::StatusOr<std::string> TreeStore::MaterializeHostTree(const HostTree& tree) {
  cas_.Lease(tree.digest);
  return Materialize(tree.digest.hex(), [&]() -> NodesOrError { return tree.entries; });
}

}  // namespace cow::store
