// KeptAnalysis: what is still true of the analysis of the last build when build files changed since: a target counts as it
// did if no package has changed that it looked at, near or far. What it came to is taken from the recorded plan.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/analysis/analyzer.h"
#include "engine/driver/build_request.h"
#include "engine/loading/package_loader.h"
#include "engine/model/build_event.h"
#include "engine/store/path_snapshot.h"
#include "engine/store/plan_record.h"

namespace cow::driver {

class KeptAnalysis {
 public:
  struct Last {
    store::PlanRecord plan;
    analysis::PackageUses uses{};
    std::vector<SkippedTarget> skipped{};
    std::vector<store::SeenPath> reads{};                   // what loading looked at
    std::vector<store::PathSnapshot::Change> changes{};     // since then, of `reads`
  };
  // Loads what the kept targets looked at. Null if nothing can be kept. `packages` outlives it.
  static std::unique_ptr<KeptAnalysis> Of(Last last, loading::PackageLoader& packages);

  // The packages whose files lie in a directory: what lies in the workspace may be reached by several names.
  using Places = absl::flat_hash_map<std::string, std::vector<PackageId>>;

  bool Has(const Label& label) const { return labels_.contains(label); }
  // Whether loading has found everything as this takes it to be. No target is kept if not.
  bool Holds() const;
  // Those targets, and in the order of `result.labels`. kAborted: they do not go together with what was analysed; the
  // result is spoiled.
  absl::Status AddTo(analysis::AnalysisResult& result) const;

  // What all that is in the plan now looked at, if that is known of what was analysed.
  analysis::PackageUses UsesWith(const analysis::PackageUses& fresh) const;
  // What loading looked at for the last build and not for this one. It did not change.
  std::vector<store::SeenPath> OtherReads(const std::vector<store::SeenPath>& fresh) const;

 private:
  KeptAnalysis(Last last, loading::PackageLoader& packages) : last_(std::move(last)), packages_(packages) {}
  bool FindChanged();
  bool FindLabels();
  // Whether there are some.
  bool AddPackagesAt(const std::string& directory, const Places& places);
  void AddPackagesAbove(const std::string& directory, const Places& places);

  Last last_;
  loading::PackageLoader& packages_;
  absl::flat_hash_set<std::string> changed_paths_;
  std::set<PackageId> changed_;
  std::set<PackageId> concerned_;  // packages with targets that are not kept
  absl::flat_hash_set<Label> labels_;
  absl::flat_hash_map<Label, std::string> skipped_;
};

// Analyze, without what is kept; `kept` may be null, and is if it turns out not to hold.
absl::StatusOr<analysis::AnalysisResult> AnalyzeRest(const analysis::AnalysisRequest& request,
                                                     loading::PackageLoader& packages,
                                                     std::unique_ptr<KeptAnalysis>& kept);

}  // namespace cow::driver
