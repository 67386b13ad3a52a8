// BuildState: what a successful build looked at, what it did and what came out, kept for the next build of the same
// request. If nothing has changed, its result is the result. If only sources and outputs have, the part of its plan that
// depends on them is what there is to do. In both cases no Starlark is started.
//
// A few records per request and workspace, so that a workspace that goes back and forth between two states of its build
// files is not loaded each time. They count for the boot they were made in only: what was written to cow-out before
// a power cut is looked at anew.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/analysis/package_uses.h"
#include "engine/base/digest.h"
#include "engine/driver/build_request.h"
#include "engine/driver/installation.h"
#include "engine/driver/kept_analysis.h"
#include "engine/execution/execute.h"
#include "engine/execution/remembered_results.h"
#include "engine/loading/workspace.h"
#include "engine/model/build_event.h"
#include "engine/store/local_store.h"
#include "engine/store/path_snapshot.h"
#include "engine/store/plan_record.h"

namespace cow::driver {

class BuildState {
 public:
  // `store` outlives it.
  BuildState(const BuildRequest& request, const std::string& workspace_root, const Installation& installation,
             store::LocalStore& store);
  ~BuildState();

  struct Outcome {
    BuildResult result{};
    std::vector<Message> messages{};  // what loading and analysis said, to be said again
    std::string bin_directory{};      // where cow-bin points, "" if it does not matter
  };
  struct Recalled {
    Outcome outcome{};
    // What has to be done for it to hold; nullopt: nothing.
    std::optional<store::PlanPart> part{};
    int64_t processes = 0;            // of the whole plan, if there is a part
  };
  // The outcome of the last build like this, if it still tells what to do. Never if no times are trusted.
  std::optional<Recalled> Recall();

  // Whose output a path is; "" if nobody's. Only if Recall gave a part. Any thread.
  std::string OwnerOf(const std::string& exec_path) const;

  // What actions of `plan` made in the last build like this; null if there was none. Tests are always looked up.
  std::unique_ptr<execution::RememberedResults> Remembered(const BuildPlan& plan) const;

  // What is still true of the analysis of the last build like this; null: nothing. Loads what that needs. The loader outlives it.
  std::unique_ptr<KeptAnalysis> Kept(loading::PackageLoader& packages) const;

  // What a build did to know what its outcome depends on.
  struct Looked {
    std::vector<store::SeenPath> paths{};          // in loading
    std::vector<loading::RepositoryInput> inputs{};
    std::optional<analysis::PackageUses> uses{};   // nullopt: the next analysis starts from nothing
  };
  // Keeps the outcome of a build of `plan`. Nothing is kept if it cannot be; kFailedPrecondition "'<path>' changed
  // during the build" if that is why.
  absl::Status Remember(const Outcome& outcome, const BuildPlan& plan, execution::ExecutionResult executed,
                        Looked looked) const;

  // The same after the part that Recall gave was done.
  absl::Status Update(const Outcome& outcome, const store::PlanPart& part, execution::ExecutionResult executed) const;

  // Whether builds like this one can be remembered.
  static bool Covers(const BuildRequest& request);

 private:
  struct Last;
  std::optional<Recalled> RecallFrom(int slot);
  std::optional<store::PlanPart> ChangedPart();
  bool ReadPlan(int slot, Last& last) const;
  // The build before this one, with its plan; null if there was none.
  std::unique_ptr<Last> OpenLast() const;
  std::vector<int> Slots() const;
  void UseSlot(int slot) const;

  const std::string key_;
  const std::string workspace_root_;
  const int64_t began_ns_;
  store::LocalStore& store_;
  std::unique_ptr<Last> last_;  // what Recall found
  int slot_ = 0;                // where it was
};

// The tag of paths that loading looked at.
inline constexpr uint32_t kLoadedPath = 1;

// The paths that loading looked at.
std::vector<store::SeenPath> PathsOf(const std::vector<loading::FileRead>& reads);

}  // namespace cow::driver
