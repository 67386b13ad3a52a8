// `cow build`, `cow test`, `cow run`.
#pragma once

#include "engine/cli/options.h"

namespace cow::cli {

driver::ExitCode RunBuild(const Options& options);  // build and test
driver::ExitCode RunRun(const Options& options);
driver::ExitCode RunShell(const Options& options);

}  // namespace cow::cli
