// Checks a Zarf package as Zarf does when it loads one, and what would only fail at deploy time.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace cow::pack {

// The first defect is the status, naming the package and what is wrong.
absl::Status VerifyZarfPackage(const std::string& file);

}  // namespace cow::pack
