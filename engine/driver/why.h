// Why: what the recorded builds of a workspace say about why actions ran. Nothing is loaded, analysed or built.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/driver/build_request.h"
#include "engine/driver/explainer.h"
#include "engine/model/build_record.h"

namespace cow::driver {

struct WhyRequest {
  std::string subject{};   // a label, a pattern of labels or a file; "" = the whole last build
  std::string against{};   // number of a build; "" = what each action was before
};

// A cause, and how it came about if it is an input that an action makes.
struct ExplainedCause {
  struct Step {
    RecordedAction action{};
    Cause cause{};
  };
  Cause cause{};
  std::vector<Step> steps{};     // from the maker of the input to the source
};

struct ExplainedAction {
  RecordedAction action{};
  BuildSummary build{};          // in which it is recorded
  BuildSummary since{};          // in which it got the key to compare with; number 0 if that build is not recorded any more
  std::optional<Digest> key_before{};  // that key
  std::vector<ExplainedCause> causes{};
  std::vector<Cause> roots{};    // the last of all chains, distinct
};

struct WhyAnswer {
  BuildSummary last{};                      // the last recorded build
  std::vector<ExplainedAction> actions{};   // of the subject, as they were recorded last
  std::map<Cause, int64_t> counts{};        // without a subject: root causes, and how many actions ran for each
};

// `where` says which workspace and cache. kInvalidArgument: nothing is recorded of the subject, or no such build.
absl::StatusOr<WhyAnswer> Why(const BuildRequest& where, const WhyRequest& request);

// Oldest first.
absl::StatusOr<std::vector<BuildSummary>> RecordedBuilds(const BuildRequest& where);

}  // namespace cow::driver
