// ArtifactTable: every artifact of one analysis, by exec path, and the action that makes it.
//
// Ids are dense and stable during the analysis; the plan numbers its slice anew. Entries never
// move. Used by one thread.
#pragma once

#include <deque>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/model/artifact.h"

namespace cow::analysis {

struct ActionRecord;

class ArtifactTable {
 public:
  // The artifact of this source file, made on first sight.
  ArtifactId AddSource(Artifact artifact);

  // A declared output. Declaring the same path again gives the same artifact; kInvalidArgument if
  // it was declared as another kind (file, directory, symlink).
  absl::StatusOr<ArtifactId> Declare(Artifact artifact);

  const Artifact& operator[](ArtifactId id) const { return entries_[id.value()].artifact; }
  // The action that makes it; null for source files and for what nobody makes (yet). Not owned.
  const ActionRecord* generator(ArtifactId id) const { return entries_[id.value()].generator; }
  void set_generator(ArtifactId id, const ActionRecord* action) {
    entries_[id.value()].generator = action;
  }

  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Artifact artifact;
    const ActionRecord* generator = nullptr;
  };
  std::deque<Entry> entries_;
  absl::flat_hash_map<std::string, ArtifactId> by_path_;
};

}  // namespace cow::analysis
