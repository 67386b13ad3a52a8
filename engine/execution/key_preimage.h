// KeyPreimage: everything an ActionKey was made from, kept beside the result so that it can be told later why an
// action ran again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/execution/reapi_messages.h"
#include "engine/execution/spawn_runner.h"

namespace cow::execution {

struct KeyPreimage {
  ActionMessage action{};
  CommandMessage command{};
  std::vector<SpawnInput> inputs{};  // in the order of a walk through the execution root

  friend bool operator==(const KeyPreimage&, const KeyPreimage&) = default;
};

// A record that begins with its own tag; every field has its length first.
std::string EncodePreimage(const KeyPreimage& preimage);

// Any bytes may come in; kInvalidArgument unless they are exactly what EncodePreimage gives.
absl::StatusOr<KeyPreimage> DecodePreimage(std::string_view bytes);

}  // namespace cow::execution
