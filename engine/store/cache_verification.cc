#include "engine/store/cache_verification.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/model/host_tree.h"
#include "engine/store/action_result_record.h"
#include "engine/store/cache_census.h"
#include "engine/store/file_hashing.h"
#include "engine/store/tree_encoding.h"

namespace cow::store {
namespace {

absl::StatusOr<Digest> HashFile(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  return HashFd(fd.get());
}

// What a laid out tree holds, as a host tree and as a tree artifact.
struct LaidOut {
  std::vector<HostTreeEntry> nodes{};
  std::vector<TreeEntry> entries{};
};

absl::Status ReadLaidOut(const std::string& root, const std::string& below, LaidOut& tree) {
  const std::string directory = below.empty() ? root : absl::StrCat(root, "/", below);
  COW_ASSIGN_OR_RETURN(auto children, ListDirectory(directory));
  for (const DirectoryEntry& child : children) {
    const std::string path = below.empty() ? child.name : absl::StrCat(below, "/", child.name);
    const std::string place = absl::StrCat(root, "/", path);
    if (child.kind == FileKind::kDirectory) {
      tree.nodes.push_back({.kind = HostTreeEntry::Kind::kDirectory, .path = path});
      const size_t before = tree.nodes.size();
      COW_RETURN_IF_ERROR(ReadLaidOut(root, path, tree));
      if (tree.nodes.size() == before) tree.entries.push_back({.kind = TreeEntry::Kind::kEmptyDirectory, .path = path});
    } else if (child.kind == FileKind::kSymlink) {
      COW_ASSIGN_OR_RETURN(std::string target, ReadLink(place));
      tree.nodes.push_back({.kind = HostTreeEntry::Kind::kSymlink, .path = path, .target = target});
      tree.entries.push_back({.kind = TreeEntry::Kind::kSymlink, .path = path, .target = target});
    } else {
      COW_ASSIGN_OR_RETURN(FileInfo info, LstatFile(place));
      COW_ASSIGN_OR_RETURN(Digest digest, HashFile(place));
      const bool executable = info.executable();
      tree.nodes.push_back({.kind = HostTreeEntry::Kind::kFile, .path = path, .digest = digest, .executable = executable});
      tree.entries.push_back({.path = path, .digest = digest, .executable = executable});
    }
  }
  return absl::OkStatus();
}

class Verification {
 public:
  explicit Verification(LocalStore& store) : store_(store) {}

  absl::StatusOr<VerificationResult> Run() {
    COW_RETURN_IF_ERROR(store_.database->Flush());
    COW_RETURN_IF_ERROR(ForEachBlobFile(
        store_.layout, [this](const std::string& name, const std::string& path) { CheckBlob(name, path); }));
    COW_RETURN_IF_ERROR(CheckTrees());
    COW_RETURN_IF_ERROR(CheckRecords());
    COW_RETURN_IF_ERROR(store_.database->Flush());
    return std::move(result_);
  }

 private:
  void CheckBlob(const std::string& name, const std::string& path) {
    absl::StatusOr<Digest> wanted = Digest::FromHex(name, 0);
    if (!wanted.ok() || store_.cas->UncheckedPathOf(*wanted) != path) return Banish("file", name, path, "has no name of a blob");
    absl::StatusOr<Digest> found = HashFile(path);
    if (absl::IsNotFound(found.status())) return;  // collected meanwhile
    if (found.ok() && found->hash() == wanted->hash()) {
      ++result_.blobs;
      result_.bytes += found->size_bytes();
      return;
    }
    store_.database->Delete(Table::kBlobs, wanted->hash_view());
    Banish("blob", name, path,
           found.ok() ? absl::StrCat("holds ", found->ToString()) : std::string(found.status().message()));
  }

  absl::Status CheckTrees() {
    COW_ASSIGN_OR_RETURN(auto trees, ListDirectory(store_.layout.trees()));
    for (const DirectoryEntry& entry : trees) {
      if (entry.kind == FileKind::kDirectory) CheckTree(entry.name, absl::StrCat(store_.layout.trees(), "/", entry.name));
    }
    return absl::OkStatus();
  }

  void CheckTree(const std::string& name, const std::string& path) {
    LaidOut tree;
    absl::Status read = ReadLaidOut(path, "", tree);
    std::sort(tree.nodes.begin(), tree.nodes.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    if (absl::IsNotFound(read) && !FileExists(path)) return;
    if (read.ok() && HostTree::ComputeDigest(tree.nodes).hex() == name) return void(++result_.trees);
    absl::StatusOr<std::string> encoded = EncodeTree(tree.entries);
    if (read.ok() && encoded.ok() && Digest::Of(*encoded).hex() == name) return void(++result_.trees);
    store_.database->Delete(Table::kTrees, name);
    chmod(path.c_str(), 0755);  // to move a directory one must be able to write to it
    Banish("tree", name, path, read.ok() ? "holds something else" : std::string(read.message()));
  }

  absl::Status CheckRecords() {
    for (Table table : {Table::kPreimages, Table::kFileStates, Table::kBlobs, Table::kTrees, Table::kMeta, Table::kState,
                        Table::kLastKeys, Table::kBuilds, Table::kBuildActions}) {
      COW_RETURN_IF_ERROR(CountRecords(table, [](std::string_view, std::string_view) { return true; }));
    }
    return CountRecords(Table::kActions, [this](std::string_view key, std::string_view value) {
      absl::StatusOr<ActionResult> result = DecodeActionResultOf(key, value);
      if (!result.ok()) return false;
      for (const ActionOutput& output : result->outputs) {
        if (output.kind == ActionOutput::Kind::kSymlink || FileExists(store_.cas->UncheckedPathOf(output.digest))) continue;
        ++result_.incomplete_results;
        break;
      }
      return true;
    });
  }

  template <typename IsSound>
  absl::Status CountRecords(Table table, const IsSound& is_sound) {
    std::vector<std::string> unsound;
    COW_ASSIGN_OR_RETURN(int64_t damaged, store_.database->ForEach(table, [&](std::string_view key, std::string_view value) {
      if (is_sound(key, value)) {
        ++result_.records;
      } else {
        unsound.emplace_back(key);
      }
    }));
    for (const std::string& key : unsound) store_.database->Delete(table, key);
    damaged += static_cast<int64_t>(unsound.size());
    if (damaged > 0) result_.bad.push_back(absl::StrCat("database: ", damaged, " damaged records, which count as absent"));
    return absl::OkStatus();
  }

  void Banish(std::string_view what, const std::string& name, const std::string& path, std::string_view reason) {
    absl::StatusOr<std::string> aside = MakeTempDirectory(store_.layout.quarantine() + "/bad-");
    // What can be neither moved nor removed is found again the next time.
    if (!aside.ok() || !RenameFile(path, *aside + "/" + name).ok()) RemoveTree(path).IgnoreError();
    result_.bad.push_back(absl::StrCat(what, " ", name, ": ", reason));
  }

  LocalStore& store_;
  VerificationResult result_;
};

}  // namespace

absl::StatusOr<VerificationResult> VerifyCache(LocalStore& store) { return Verification(store).Run(); }

}  // namespace cow::store
