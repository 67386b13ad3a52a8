// FileTree: files, directories and symlinks by path, before they become an archive or a directory on disk.
//
// Every path comes through SafeArchivePath, so nothing can leave the tree. Adding the same path twice is fine
// when both say the same; else it is an error naming both origins. Iteration is by path bytes, parents first.
// Not for several threads.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rules/pack/io/content.h"
#include "rules/pack/tar/tar_writer.h"

namespace cow::pack {

enum class NodeKind { kFile, kDirectory, kSymlink };

struct Node {
  NodeKind kind = NodeKind::kFile;
  uint32_t mode = 0644;
  int64_t uid = 0;
  int64_t gid = 0;
  std::string link_target = {};
  ContentPtr content = {};    // of files
  std::string origin = {};    // for messages: where it comes from
  bool implied = false;  // a parent nobody asked for: anything explicit replaces it
};

Node FileNode(ContentPtr content, uint32_t mode, std::string origin);
Node DirectoryNode(uint32_t mode, std::string origin);
Node SymlinkNode(std::string target, std::string origin);

// Whether a path is left out of a tree.
using PathFilter = std::function<bool(std::string_view path)>;

// Glob with `*` and `?` that do not cross '/'.
bool GlobMatches(std::string_view pattern, std::string_view path);

// Matches any of the patterns, or anything below a match.
PathFilter ExcludeFilter(std::vector<std::string> patterns);

class FileTree {
 public:
  using Nodes = std::map<std::string, Node, std::less<>>;

  // `path` as SafeArchivePath takes it, a leading '/' is dropped. The root is always a directory.
  absl::Status Add(std::string_view path, Node node);

  // A regular file or symlink of the disk; `mode` 0 takes 0755 or 0644 from the file's x bit.
  absl::Status AddFromDisk(std::string_view path, const std::string& source, uint32_t mode = 0);
  // Everything below a directory, placed below `path`. `exclude` sees the path in the tree.
  absl::Status AddDirectory(std::string_view path, const std::string& source, const PathFilter& exclude);

  // Makes the missing parents of all nodes and checks that every parent is a directory.
  absl::Status AddParents(const std::function<uint32_t(std::string_view path)>& mode_of);

  const Nodes& nodes() const { return nodes_; }
  Node* Find(std::string_view path);
  void Remove(std::string_view path) { nodes_.erase(std::string(path)); }

 private:
  absl::Status Merge(const std::string& path, Node& present, Node& added);

  Nodes nodes_;
};

absl::StatusOr<std::string> ArchivePath(std::string_view path);

// 0755 for every path.
uint32_t DefaultParentMode(std::string_view path);

struct TreeTarOptions {
  TarFormat format = TarFormat::kPax;
  std::string prefix = {};           // before each path, e.g. "./"
  bool root_entry = false;      // an entry for the prefix itself
  bool directory_slash = true;  // directory names end with '/'
  bool directories = true;
  int64_t mtime = 0;
  std::string owner_name = {};  // user and group name of all entries
};

// Writes the nodes as tar members, without the final blocks.
absl::Status WriteTreeAsTar(const FileTree& tree, const TreeTarOptions& options, TarWriter& writer);

// Makes the tree below `directory`, which must be absent or empty. Files are 0755 or 0644.
absl::Status WriteTreeToDisk(const FileTree& tree, const std::string& directory);

// Makes a directory, or accepts an empty one.
absl::Status MakeEmptyDirectory(const std::string& directory);

}  // namespace cow::pack
