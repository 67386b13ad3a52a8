// The modification time of every file an action sees: deterministic, and different for different content.
// One fixed time for all breaks tools that take equal size and time for equal content (g++'s #pragma once does).
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/base/digest.h"

namespace cow::store {

// Seconds since the epoch: 1980-01-01 plus a hash of path and digest below 2^29.
int64_t StagedMtime(std::string_view path, const Digest& digest);

}  // namespace cow::store
