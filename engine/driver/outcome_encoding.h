// The outcome of a build as bytes of a BuildState record.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/driver/build_state.h"
#include "engine/loading/workspace.h"

namespace cow::driver {

// `environment`: the variables and programs the outcome depends on.
std::string EncodeOutcome(const BuildState::Outcome& outcome, const std::vector<loading::RepositoryInput>& environment);

// kDataLoss or kInvalidArgument if the bytes are no outcome.
absl::StatusOr<BuildState::Outcome> DecodeOutcome(std::string_view bytes,
                                                  std::vector<loading::RepositoryInput>* environment);

}  // namespace cow::driver
