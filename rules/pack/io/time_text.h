// Text forms of a time given in seconds since 1970, always UTC.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace cow::pack {

std::string Rfc3339(int64_t seconds);  // 2025-01-01T00:00:00Z
std::string Rfc1123(int64_t seconds);  // Wed, 01 Jan 2025 00:00:00 +0000

// The date of a Debian changelog trailer: "Wed, 01 Jan 2025 00:00:00 +0100".
absl::StatusOr<int64_t> ParseRfc2822(std::string_view text);

}  // namespace cow::pack
