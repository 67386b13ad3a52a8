// ArtifactValue: what an artifact is now: bytes, a tree of files, or a symlink.
#pragma once

#include <string>
#include <utility>

#include "engine/base/digest.h"
#include "engine/model/action_result.h"
#include "engine/model/artifact.h"

namespace cow::execution {

struct ArtifactValue {
  using Kind = ActionOutput::Kind;

  Kind kind = Kind::kFile;
  Digest digest{};          // kFile: of the bytes; kTree: of the encoded tree (store/tree_encoding.h)
  bool executable = false;  // kFile
  std::string target{};     // kSymlink

  friend bool operator==(const ArtifactValue&, const ArtifactValue&) = default;
};

// What a value of this artifact must be.
inline ActionOutput::Kind OutputKindOf(Artifact::Kind kind) {
  switch (kind) {
    case Artifact::Kind::kSource:
    case Artifact::Kind::kFile:
      return ActionOutput::Kind::kFile;
    case Artifact::Kind::kTree:
      return ActionOutput::Kind::kTree;
    case Artifact::Kind::kSymlink:
      return ActionOutput::Kind::kSymlink;
  }
  return ActionOutput::Kind::kFile;
}

inline ArtifactValue ValueOf(const ActionOutput& output) {
  return {.kind = output.kind, .digest = output.digest, .executable = output.executable, .target = output.target};
}

inline ActionOutput OutputOf(const ArtifactValue& value, std::string path) {
  return {.kind = value.kind,
          .path = std::move(path),
          .digest = value.digest,
          .executable = value.executable,
          .target = value.target};
}

}  // namespace cow::execution
