#include "engine/store/tree_encoding.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/store/directory.h"
#include "engine/store/directory_builder.h"
#include "engine/store/wire.h"

namespace cow::store {
namespace {

// A few kilobytes can describe more entries than any disk holds, because equal directories are written once.
constexpr size_t kMaxEntries = 1'000'000;
constexpr size_t kMaxPath = 4096;

struct Parts {
  Directory root;
  absl::flat_hash_map<Digest, Directory> children;
};

absl::StatusOr<Parts> Split(std::string_view bytes) {
  Parts parts;
  WireReader reader(bytes);
  while (reader.Next()) {
    if (!reader.is_bytes() || reader.field() > 2) {
      reader.Fail("unknown field of a tree");
      break;
    }
    COW_ASSIGN_OR_RETURN(Directory directory, DecodeDirectory(reader.bytes()));
    if (reader.field() == 1) {
      parts.root = std::move(directory);
    } else {
      parts.children.emplace(Digest::Of(reader.bytes()), std::move(directory));
    }
  }
  COW_RETURN_IF_ERROR(reader.status());
  return parts;
}

void AppendLeaves(const Directory& directory, const std::string& path, std::vector<TreeEntry>* entries) {
  for (const FileNode& node : directory.files) {
    entries->push_back({.kind = TreeEntry::Kind::kFile,
                        .path = JoinPath(path, node.name),
                        .digest = node.digest,
                        .executable = node.executable});
  }
  for (const SymlinkNode& node : directory.symlinks) {
    entries->push_back(
        {.kind = TreeEntry::Kind::kSymlink, .path = JoinPath(path, node.name), .target = node.target});
  }
  bool empty = directory.files.empty() && directory.symlinks.empty() && directory.directories.empty();
  if (empty && !path.empty()) entries->push_back({.kind = TreeEntry::Kind::kEmptyDirectory, .path = path});
}

absl::StatusOr<std::vector<TreeEntry>> Flatten(const Parts& parts) {
  std::vector<TreeEntry> entries;
  std::vector<std::pair<std::string, const Directory*>> open{{"", &parts.root}};
  while (!open.empty()) {
    auto [path, directory] = std::move(open.back());
    open.pop_back();
    AppendLeaves(*directory, path, &entries);
    for (const DirectoryNode& node : directory->directories) {
      auto child = parts.children.find(node.digest);
      if (child == parts.children.end()) {
        return absl::InvalidArgumentError(absl::StrCat("the tree lacks its directory '", node.name, "'"));
      }
      open.emplace_back(JoinPath(path, node.name), &child->second);
    }
    if (entries.size() + open.size() > kMaxEntries) return absl::InvalidArgumentError("the tree is too large");
    if (path.size() > kMaxPath) return absl::InvalidArgumentError("the tree is too deep");
  }
  std::sort(entries.begin(), entries.end(),
            [](const TreeEntry& a, const TreeEntry& b) { return a.path < b.path; });
  return entries;
}

}  // namespace

absl::StatusOr<std::string> EncodeTree(const std::vector<TreeEntry>& entries) {
  DirectoryBuilder builder;
  for (const TreeEntry& entry : entries) {
    switch (entry.kind) {
      case TreeEntry::Kind::kFile:
        builder.AddFile(entry.path, entry.digest, entry.executable);
        break;
      case TreeEntry::Kind::kSymlink:
        builder.AddSymlink(entry.path, entry.target);
        break;
      case TreeEntry::Kind::kEmptyDirectory:
        builder.AddDirectory(entry.path);
        break;
    }
  }
  COW_ASSIGN_OR_RETURN(DirectoryTree tree, builder.Build());
  WireWriter writer;
  for (size_t i = 0; i < tree.directories.size(); ++i) writer.Message(i == 0 ? 1 : 2, tree.directories[i].bytes);
  return writer.Take();
}

absl::StatusOr<Digest> RootDirectoryOf(std::string_view bytes) {
  WireReader reader(bytes);
  if (reader.Next() && reader.is_bytes() && reader.field() == 1) return Digest::Of(reader.bytes());
  COW_RETURN_IF_ERROR(reader.status());
  return absl::InvalidArgumentError("not a canonical tree");
}

absl::StatusOr<TreeContents> DecodeTree(std::string_view bytes) {
  COW_ASSIGN_OR_RETURN(Parts parts, Split(bytes));
  TreeContents contents;
  COW_ASSIGN_OR_RETURN(contents.entries, Flatten(parts));
  COW_ASSIGN_OR_RETURN(std::string again, EncodeTree(contents.entries));
  if (again != bytes) return absl::InvalidArgumentError("not a canonical tree");
  return contents;
}

}  // namespace cow::store
