// What a client may send at once, over either protocol.
#pragma once

#include <cstddef>

namespace repeater {

inline constexpr std::size_t kMaxRequest = std::size_t{8} << 20;

}  // namespace repeater
