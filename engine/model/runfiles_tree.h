// RunfilesTree: the files that a program finds when it runs, under the names it knows them by.
//
//   <path>/<workspace>/a/data.txt   a file of the main repository
//   <path>/<repo>/b/data.txt        a file of @repo
//
// The layout is Bazel's, so that runfiles libraries work. A value; immutable once it is in a plan.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/artifact.h"
#include "engine/model/depset.h"
#include "engine/model/strong_id.h"

namespace cow {

// A place in a tree, below its path: "_main/a/data.txt".
struct RunfilesEntry {
  std::string path{};
  ArtifactId artifact{};  // invalid: an empty file

  friend bool operator==(const RunfilesEntry&, const RunfilesEntry&) = default;
};

struct RunfilesTree {
  std::string path{};                     // exec path: "cow-out/x/bin/a/program.runfiles"
  std::string workspace{};                // what the main repository is called in it
  Depset<ArtifactId> files{};             // by their own names
  std::vector<RunfilesEntry> symlinks{};  // by other names
};
using RunfilesTreePtr = std::shared_ptr<const RunfilesTree>;

// Two files that should stand in the same place, or one below the other.
struct RunfilesCollision {
  RunfilesEntry kept{};
  RunfilesEntry dropped{};
};

// Where a file of this name ("a/b.o", "../repo/a/b.o") stands in a tree: "_main/a/b.o", "repo/a/b.o".
std::string RunfilesKey(std::string_view workspace, std::string_view runfiles_path);

// What stands where, in the order of a walk through the tree; `artifacts` are those of the plan. The directory of the
// main repository is never missing. Of files in one place a source file wins over a generated one, then the first; what
// lies below a file or tree is dropped. Appends what was dropped to `collisions`, unless that is null.
std::vector<RunfilesEntry> EntriesOf(const RunfilesTree& tree, const std::vector<Artifact>& artifacts,
                                     std::vector<RunfilesCollision>* collisions = nullptr);

// The text of the file MANIFEST in the tree: one line per entry, its name and where it lies, with `root` the absolute
// path of the tree. Names with blanks, newlines and backslashes are written as Bazel does.
std::string ManifestText(const std::vector<RunfilesEntry>& entries, std::string_view root);
inline constexpr char kRunfilesManifest[] = "MANIFEST";

}  // namespace cow
