// From target patterns, as typed, to labels.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/loading/package_loader.h"
#include "engine/model/label.h"

namespace cow::loading {

struct PatternOptions {
  // Package of the directory in which the user stands: base of ":b" and "...".
  PackageId base{};
  // Wildcards give only tests, and test_suites.
  bool tests_only = false;
  // Wildcards give targets tagged "manual" as well.
  bool include_manual = false;
  // Go on when a package or pattern is broken: its error is listed, the rest is returned.
  bool keep_going = false;
};

struct ResolvedPatterns {
  std::vector<Label> labels{};         // no duplicates, in order of the patterns, within one by label
  std::vector<Label> named{};          // those of `labels` that a pattern names, instead of matching them
  std::vector<absl::Status> errors{};  // with keep_going; complete messages or plain ones without place
};

// `patterns` take effect from left to right; "-//x" removes. Wildcards leave out targets tagged "manual" unless told otherwise, and
// `:all` and `...` give rules only. Failure without keep_going: the first error.
absl::StatusOr<ResolvedPatterns> ResolvePatterns(const std::vector<std::string>& patterns,
                                                 const PatternOptions& options, PackageLoader& loader);

// The package of a directory of the workspace: "a/b" for `<root>/a/b`, whether or not it has a BUILD file.
PackageId PackageOfDirectory(const std::string& directory, Workspace& workspace);

}  // namespace cow::loading
