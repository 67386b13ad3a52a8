// AnalysisSession: one call of Analyze: the configurations, the graph and the plan that grows.
#pragma once

#include <memory>
#include <set>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/analysis/analyzer.h"
#include "engine/analysis/configuration_table.h"
#include "engine/analysis/package_uses.h"
#include "engine/analysis/plan_builder.h"
#include "engine/analysis/platform_table.h"
#include "engine/analysis/target_graph.h"
#include "engine/analysis/toolchain_resolution.h"
#include "engine/loading/package_loader.h"
#include "engine/starlark/heap.h"

namespace cow::analysis {

class AnalysisSession {
 public:
  // `request` and `loader` must outlive the session. Failure: an option is wrong, or a platform is.
  static absl::StatusOr<std::unique_ptr<AnalysisSession>> Create(const AnalysisRequest& request,
                                                                 loading::PackageLoader& loader);

  // A requested label, or the tests of the test_suite that it is.
  absl::StatusOr<std::vector<Label>> Expand(const Label& label);

  // Analyses a requested target and puts what it needs into the plan, or into `skipped` if it is
  // not for this platform. A label that was added before changes nothing.
  absl::Status Add(const Label& label, std::vector<SkippedTarget>& skipped);

  // The target in the requested configuration, not put into the plan. Lives as long as the session.
  absl::StatusOr<const ConfiguredTarget*> Configure(const Label& label);

  // Lets the request's `on_toolchain` hear what a target without constraints of its own would get of every registered
  // toolchain type.
  absl::Status TellToolchains() { return toolchains_.TellAll(graph_.conditions(&configurations_->target())); }

  absl::StatusOr<BuildPlan> Finish() { return plan_.Finish(); }
  int64_t configured_targets() const { return graph_.size(); }
  PackageUses uses() const { return uses_->Uses(); }

 private:
  AnalysisSession(const AnalysisRequest& request, loading::PackageLoader& loader,
                  std::unique_ptr<PackageUseRecorder> uses, std::unique_ptr<PlatformTable> platforms,
                  std::unique_ptr<ConfigurationTable> configurations, ToolchainObserver observer);

  // Default outputs and output groups, as --output_groups says.
  std::vector<ValueDepset> WantedOutputs(const ConfiguredTarget& target) const;
  absl::Status AddTest(const Label& label, const ConfiguredTarget& test);

  const AnalysisRequest& request_;
  loading::PackageLoader& loader_;
  const std::unique_ptr<PackageUseRecorder> uses_;
  const std::unique_ptr<PlatformTable> platforms_;
  const std::unique_ptr<ConfigurationTable> configurations_;
  ToolchainResolution toolchains_;
  TargetGraph graph_;
  starlark::Heap strings_;  // of actions that no rule declared
  PlanBuilder plan_;
  std::set<Label> added_;
  std::vector<AspectUse> aspects_;  // of the command line
};

}  // namespace cow::analysis
