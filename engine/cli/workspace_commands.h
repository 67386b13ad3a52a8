// The commands that build nothing: lock, clean, info, starlark, version.
#pragma once

#include "engine/cli/options.h"

namespace cow::cli {

driver::ExitCode RunLock(const Options& options);
driver::ExitCode RunClean(const Options& options);
driver::ExitCode RunInfo(const Options& options);
driver::ExitCode RunStarlark(const Options& options);
driver::ExitCode RunVersion(const Options& options);

}  // namespace cow::cli
