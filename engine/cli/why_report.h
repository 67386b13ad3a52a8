// What `cow why` prints.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/driver/why.h"

namespace cow::cli {

// `now`: unix time in microseconds, for "2 minutes ago".
std::string WhyAsText(const driver::WhyAnswer& answer, int64_t now);
std::string WhyAsJson(const driver::WhyAnswer& answer);

std::string BuildsAsText(const std::vector<BuildSummary>& builds, int64_t now);
std::string BuildsAsJson(const std::vector<BuildSummary>& builds);

// "build 12 (2 minutes ago)"
std::string BuildText(const BuildSummary& build, int64_t now);

}  // namespace cow::cli
