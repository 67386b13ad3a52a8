// The messages whose digest is the ActionKey, in the canonical encoding of the Remote Execution API.
//
// The encoding is injective: Decode(Encode(x)) == x with sorted lists, and Encode(Decode(y)) == y or y is rejected.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"

namespace cow::execution {

// Properties by name, then value.
using Platform = std::vector<std::pair<std::string, std::string>>;

struct CommandMessage {
  std::vector<std::string> arguments{};
  std::vector<std::pair<std::string, std::string>> environment{};  // by name, distinct
  Platform platform{};
  std::string working_directory{};
  std::vector<std::string> output_paths{};                         // sorted, distinct

  friend bool operator==(const CommandMessage&, const CommandMessage&) = default;
};

struct ActionMessage {
  Digest command{};
  Digest input_root{};
  int64_t timeout_seconds = 0;  // 0 = absent
  bool do_not_cache = false;
  std::string salt{};
  Platform platform{};

  friend bool operator==(const ActionMessage&, const ActionMessage&) = default;
};

// Lists are sorted and made distinct on the way. Two variables of one name are a bug of the caller.
std::string EncodeCommand(CommandMessage command);
std::string EncodeAction(ActionMessage action);

// Any bytes may come in; kInvalidArgument unless they are exactly what Encode gives.
absl::StatusOr<CommandMessage> DecodeCommand(std::string_view bytes);
absl::StatusOr<ActionMessage> DecodeAction(std::string_view bytes);

}  // namespace cow::execution
