// The outcome of a build as bytes of a BuildState record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/driver/build_state.h"
#include "engine/loading/workspace.h"

namespace cow::driver {

struct OutcomeRecord {
  BuildState::Outcome outcome{};
  std::vector<loading::RepositoryInput> environment{};  // the variables and programs it depends on
  std::optional<Digest> plan{};                         // of the PlanRecord
  int64_t generation = 0;                               // of the PlanValues
};

std::string EncodeOutcome(const OutcomeRecord& record);

// kDataLoss or kInvalidArgument if the bytes are no outcome.
absl::StatusOr<OutcomeRecord> DecodeOutcome(std::string_view bytes);

}  // namespace cow::driver
