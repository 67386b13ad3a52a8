// `cow build`, `cow test`, `cow run`, `cow shell`.
#pragma once

#include "engine/cli/options.h"

namespace cow::cli {

// Does what `options.command` asks for, reports what goes wrong while it happens, and leaves the summary to the caller.
driver::BuildResult BuildWithProgress(const Options& options);

driver::ExitCode RunBuild(const Options& options);  // build and test
driver::ExitCode RunRun(const Options& options);
driver::ExitCode RunShell(const Options& options);

}  // namespace cow::cli
