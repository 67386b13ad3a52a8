#include "engine/analysis/artifact_table.h"

#include <utility>

#include "engine/analysis/user_error.h"

namespace cow::analysis {

namespace {

std::string_view KindName(Artifact::Kind kind) {
  switch (kind) {
    case Artifact::Kind::kSource:
      return "source file";
    case Artifact::Kind::kFile:
      return "file";
    case Artifact::Kind::kTree:
      return "directory";
    case Artifact::Kind::kSymlink:
      return "symlink";
  }
  return "file";
}

}  // namespace

ArtifactId ArtifactTable::AddSource(Artifact artifact) {
  auto [it, fresh] =
      by_path_.try_emplace(artifact.exec_path, ArtifactId(static_cast<uint32_t>(entries_.size())));
  if (fresh) entries_.push_back({std::move(artifact)});
  return it->second;
}

absl::StatusOr<ArtifactId> ArtifactTable::Declare(Artifact artifact) {
  auto [it, fresh] =
      by_path_.try_emplace(artifact.exec_path, ArtifactId(static_cast<uint32_t>(entries_.size())));
  if (fresh) {
    entries_.push_back({std::move(artifact)});
  } else if (Artifact::Kind known = entries_[it->second.value()].artifact.kind;
             known != artifact.kind) {
    return UserError("'", artifact.short_path(), "' is declared as a ", KindName(artifact.kind),
                     ", but was declared as a ", KindName(known), " before");
  }
  return it->second;
}

}  // namespace cow::analysis
