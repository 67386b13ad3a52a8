// Results of actions as REAPI carries them, and back.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/model/action_result.h"
#include "wire/reapi.pb.h"

namespace cow::remote {

namespace reapi = ::build::bazel::remote::execution::v2;

reapi::Digest ToWire(const Digest& digest);
// kInvalidArgument if it is no complete SHA-256 digest.
absl::StatusOr<Digest> FromWire(const reapi::Digest& digest);

// `read`: see ActionNotes.read_inputs.
reapi::ActionResult ToWire(const ActionResult& result, const std::string& read);

struct NotedResult {
  ActionResult result{};
  std::string read{};
};
// kInvalidArgument if it is malformed. Results that another tool made have no sandbox tier.
absl::StatusOr<NotedResult> FromWire(const reapi::ActionResult& message);

}  // namespace cow::remote
