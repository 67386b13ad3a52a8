// The stored form of an ActionResult: a flatbuffer that repeats the key it belongs to.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/model/action_result.h"

namespace cow::store {

std::string EncodeActionResult(const Digest& key, const ActionResult& result);

// Any bytes may come in. kDataLoss if they are not a record of this version for this key.
absl::StatusOr<ActionResult> DecodeActionResult(const Digest& key, std::string_view bytes);

// The same for those who know only the hash of the key.
absl::StatusOr<ActionResult> DecodeActionResultOf(std::string_view key_hash, std::string_view bytes);

}  // namespace cow::store
