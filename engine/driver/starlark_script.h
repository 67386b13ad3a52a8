// `cow starlark FILE`.
#pragma once

#include <string>

#include "engine/driver/build_request.h"

namespace cow::driver {

// Runs the file ("-" = standard input); errors and print() go to stderr.
ExitCode RunStarlarkFile(const std::string& path);

}  // namespace cow::driver
