// Directory: one level of a Merkle tree of files, encoded as the canonical REAPI `Directory` message.
//
// The encoding is injective: Decode(Encode(x)) == x sorted, and Encode(Decode(y)) == y or y is rejected.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"

namespace cow::store {

struct FileNode {
  std::string name{};
  Digest digest{};
  bool executable = false;

  friend bool operator==(const FileNode&, const FileNode&) = default;
};

struct DirectoryNode {
  std::string name{};
  Digest digest{};  // of the encoded child Directory

  friend bool operator==(const DirectoryNode&, const DirectoryNode&) = default;
};

struct SymlinkNode {
  std::string name{};
  std::string target{};

  friend bool operator==(const SymlinkNode&, const SymlinkNode&) = default;
};

struct Directory {
  std::vector<FileNode> files{};
  std::vector<DirectoryNode> directories{};
  std::vector<SymlinkNode> symlinks{};

  friend bool operator==(const Directory&, const Directory&) = default;
};

// Sorts by name. kInvalidArgument if a name is "", ".", "..", has '/' or NUL, or occurs twice, or a target is empty.
absl::StatusOr<std::string> EncodeDirectory(Directory directory);

// Any bytes may come in; kInvalidArgument unless they are exactly what EncodeDirectory gives.
absl::StatusOr<Directory> DecodeDirectory(std::string_view bytes);

}  // namespace cow::store
