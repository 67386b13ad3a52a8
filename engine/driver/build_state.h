// BuildState: what a successful build looked at and what came out, kept in the database for the next build of the same
// request. If nothing it looked at has changed, its result is the result: no Starlark is started, no action considered.
//
// One record per request and workspace. It counts for the boot it was made in only: what was written to cow-out before
// a power cut is looked at anew.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/digest.h"
#include "engine/driver/build_request.h"
#include "engine/driver/installation.h"
#include "engine/loading/workspace.h"
#include "engine/model/build_event.h"
#include "engine/store/local_store.h"
#include "engine/store/path_snapshot.h"

namespace cow::driver {

class BuildState {
 public:
  // `store` outlives it.
  BuildState(const BuildRequest& request, const std::string& workspace_root, const Installation& installation,
             store::LocalStore& store);

  struct Outcome {
    BuildResult result{};
    std::vector<Message> messages{};  // what loading and analysis said, to be said again
    std::string bin_directory{};      // where cow-bin points, "" if it does not matter
  };
  // The outcome of the last build like this if it still holds.
  std::optional<Outcome> Recall() const;

  // Keeps the outcome of a build that read and wrote `seen`. Does nothing if something changed meanwhile.
  void Remember(const Outcome& outcome, std::vector<store::SeenPath> seen,
                const std::vector<loading::RepositoryInput>& inputs) const;

  // Whether builds like this one can be remembered.
  static bool Covers(const BuildRequest& request);

 private:
  std::string key_;
  int64_t began_ns_;
  store::LocalStore& store_;
};

// The paths that loading looked at.
std::vector<store::SeenPath> PathsOf(const std::vector<loading::FileRead>& reads);

}  // namespace cow::driver
