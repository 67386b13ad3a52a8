// RecordedDurations: how long actions took in earlier builds: what is needed to start those first that delay a build most.
#pragma once

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"

namespace cow {

struct RecordedDurations {
  absl::flat_hash_map<std::string, int64_t> by_mnemonic{};  // mean, in microseconds
  absl::flat_hash_map<std::string, int64_t> by_output{};    // of actions that take much longer than their mnemonic's mean

  bool empty() const { return by_mnemonic.empty(); }
};

}  // namespace cow
