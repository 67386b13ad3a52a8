// Analyze: from labels to a BuildPlan. The one entrance of this folder for the driver.
//
// Every requested target is configured (dependencies first), its rule function is run, and the
// slice of the declared actions that its wanted outputs need becomes a BuildPlan. Nothing of
// Starlark is left in the plan: when Analyze returns, all heaps it made are gone.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/analysis/package_uses.h"
#include "engine/analysis/toolchain_decision.h"
#include "engine/model/build_options.h"
#include "engine/model/build_plan.h"
#include "engine/model/host_tree.h"
#include "engine/model/label.h"
#include "engine/model/test_options.h"

namespace cow::loading {
class PackageLoader;
}  // namespace cow::loading

namespace cow::analysis {

struct DependencyObservation;

struct AnalysisRequest {
  std::vector<Label> labels{};  // what TargetPatterns came to; no duplicates
  BuildOptions options{};
  std::vector<std::string>
      output_groups{};     // --output_groups: "g" = instead of, "+g" = besides, "-g" = without
  std::vector<std::string> aspects{};  // --aspects: "//pkg:file.bzl%name", run on every label
  std::map<std::string, std::string> aspect_parameters{};  // of those, by name
  bool run_tests = false;  // fill BuildPlan::tests; test_suites stand for their tests
  TestOptions test_options{};
  std::string toolchain_resolution_debug{};  // regular expression; on_print gets what it matches
  // Hears of the same, of all types and targets. Unset: nobody does.
  ToolchainObserver on_toolchain{};
  bool keep_going = false;               // -k: plan what can be built in spite of errors
  // Whether a label, test_suites expanded, need not be analysed: the caller knows what comes of it. Unset: none.
  std::function<bool(const Label&)> is_known{};
  // What print() says, complete: "DEBUG: file:line:col: text". Unset: standard error.
  std::function<void(std::string_view)> on_print{};
  // See dependency_observation.h. Unset: nobody looks.
  std::function<void(const DependencyObservation&)> on_dependencies{};
};

struct SkippedTarget {
  Label label{};
  std::string
      reason{};  // "not compatible with platform //platforms:x: lacks @platforms//os:windows"
};

struct AnalysisResult {
  BuildPlan plan{};
  // With keep_going: one complete message (IsDiagnostic) per failed target, each once. Otherwise
  // empty.
  std::vector<absl::Status> errors{};
  std::vector<Label> failed{};  // requested labels that are not in the plan because of `errors`
  std::vector<SkippedTarget>
      skipped{};                   // requested labels whose target_compatible_with rules them out
  int64_t configured_targets = 0;  // for statistics
  std::vector<Label> labels{};     // all of the request, test_suites expanded, each once
  std::vector<Label> known{};      // those of them that were not analysed
  // Of what was analysed; nullopt if something was printed: who leaves it out the next time would miss that.
  std::optional<PackageUses> uses{};
};

// Success: a plan with one RequestedTarget per label that could be analysed, in the order of the
// request (aliases under their own label), but for those that are known. Failure: without keep_going the first error, complete
// with place and traceback. The loader is used only during the call and from this thread.
absl::StatusOr<AnalysisResult> Analyze(const AnalysisRequest& request,
                                       loading::PackageLoader& loader);

// "@cow//platforms:linux_amd64" or ":linux_arm64": the platform of this machine; kUnimplemented on
// others.
absl::StatusOr<Label> DefaultHostPlatform();

}  // namespace cow::analysis
