// The content of a tree artifact as bytes: the canonical REAPI `Tree` message (root first, then each distinct child
// directory once, parents before children). Its digest names the tree in the CAS.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"

namespace cow::store {

struct TreeEntry {
  enum class Kind { kFile, kSymlink, kEmptyDirectory };

  Kind kind = Kind::kFile;
  std::string path{};      // below the tree's root, normalized
  Digest digest{};         // kFile
  bool executable = false; // kFile
  std::string target{};    // kSymlink

  friend bool operator==(const TreeEntry&, const TreeEntry&) = default;
};

struct TreeContents {
  std::vector<TreeEntry> entries{};  // sorted by path (bytes)
};

// In any order. kInvalidArgument for paths that are not normalized, occur twice or lie below a file.
absl::StatusOr<std::string> EncodeTree(const std::vector<TreeEntry>& entries);

// The digest of the root's Directory message, which names all that is in the tree: of bytes that EncodeTree gave, without
// looking at what is below. kInvalidArgument for bytes that no tree begins with.
absl::StatusOr<Digest> RootDirectoryOf(std::string_view bytes);

// Any bytes may come in; kInvalidArgument unless they are exactly what EncodeTree gives.
absl::StatusOr<TreeContents> DecodeTree(std::string_view bytes);

}  // namespace cow::store
