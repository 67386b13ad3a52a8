// RunfilesAliases: what a test was built to use, beside the source files it uses.
//
// A test runs in the execution root and finds every file of its runfiles under its short path there, as it would
// in Bazel's tree of runfiles: "a/data.txt" whether it is a source file or made by an action. Made files get a
// second artifact without root; it has the same content, and no process makes it.
#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "engine/model/build_plan.h"

namespace cow::analysis {

class RunfilesAliases {
 public:
  // The plan must outlive this. One thread.
  explicit RunfilesAliases(BuildPlan& plan) : plan_(plan) {}

  // Adds what `runfiles` lack to the plan and returns it: numbers of the plan. Left out is what would stand where a
  // source file, one of its directories or another alias stands.
  std::vector<ArtifactId> Add(const std::vector<ArtifactId>& runfiles);

 private:
  absl::flat_hash_set<std::string> PathsOfSources(const std::vector<ArtifactId>& runfiles) const;
  ArtifactId Make(ArtifactId original, const std::string& path);

  BuildPlan& plan_;
  struct Alias {
    ArtifactId original;
    ArtifactId alias;
  };
  absl::flat_hash_map<std::string, Alias> by_path_;
};

}  // namespace cow::analysis
