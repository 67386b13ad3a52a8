// `cow toolchain`.
#pragma once

#include "engine/cli/options.h"

namespace cow::cli {

driver::ExitCode RunToolchain(const Options& options);

}  // namespace cow::cli
