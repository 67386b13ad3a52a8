// DirectoryBuilder: makes the Merkle tree of a set of paths (an input root, a tree artifact). One thread at a time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"

namespace cow::store {

struct EncodedDirectory {
  Digest digest{};
  std::string bytes{};
};

struct DirectoryTree {
  Digest root{};
  // Every distinct directory once, parents before children; the first is the root. Directories below a path given
  // by AddDirectoryDigest are not among them.
  std::vector<EncodedDirectory> directories{};
};

class DirectoryBuilder {
 public:
  // Paths are relative and normalized; parents appear by themselves. Problems are reported by Build.
  void AddFile(std::string path, const Digest& digest, bool executable);
  void AddSymlink(std::string path, std::string target);
  void AddDirectory(std::string path);  // an empty directory, unless something below it is added too
  void AddDirectoryDigest(std::string path, const Digest& directory);  // a directory whose encoding has this digest

  // kInvalidArgument if a path is not normalized, occurs twice, or lies below a file. Leaves the builder empty.
  absl::StatusOr<DirectoryTree> Build();

 private:
  enum class Kind { kFile, kSymlink, kEmptyDirectory, kDirectoryDigest };
  struct Entry {
    std::string path;
    Kind kind;
    Digest digest;
    bool executable;
    std::string target;
  };
  class Folder;

  std::vector<Entry> entries_;
};

}  // namespace cow::store
