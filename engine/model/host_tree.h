// HostTree: a captured closure of files of this machine (a compiler and all it may read), each one hashed.
//
// It is what an action sees as its root directory. Its digest is part of the action's key (decision A13).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/base/digest.h"

namespace cow {

struct HostTreeEntry {
  enum class Kind { kFile, kDirectory, kSymlink };

  Kind kind = Kind::kFile;
  std::string path{};         // below the root, without leading slash: "usr/bin/gcc"
  std::string source_path{};  // kFile: where the bytes were hashed
  Digest digest{};            // kFile
  bool executable = false;    // kFile
  std::string target{};       // kSymlink

  friend bool operator==(const HostTreeEntry&, const HostTreeEntry&) = default;
};

// Immutable, shared between actions and threads.
struct HostTree {
  std::string name{};                    // for messages: "@host_cc//:tree"
  std::vector<HostTreeEntry> entries{};  // sorted by path, every parent directory present
  std::vector<std::string> absent{};     // absolute paths that would be part of it if they existed
  Digest digest{};                       // of the canonical encoding of the entries (see ComputeDigest)

  // The digest over kind, path, content digest, executable bit and link target; not over source paths.
  static Digest ComputeDigest(const std::vector<HostTreeEntry>& entries);
};

using HostTreePtr = std::shared_ptr<const HostTree>;

}  // namespace cow
