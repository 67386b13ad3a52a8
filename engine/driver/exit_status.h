// From an error to what a person reads and to the exit code.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "engine/driver/build_request.h"

namespace cow::driver {

inline constexpr char kVersion[] = "0.1.0";

// Complete text without trailing newline: diagnostics as they are, everything else behind "error: ".
std::string ErrorText(const absl::Status& status);

ExitCode ExitCodeFor(const absl::Status& status);

}  // namespace cow::driver
