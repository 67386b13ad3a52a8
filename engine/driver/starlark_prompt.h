// A Starlark program typed piece by piece at a terminal.
#pragma once

#include "engine/driver/build_request.h"
#include "engine/starlark/script.h"

namespace cow::driver {

// Reads pieces from standard input until it ends, runs them, shows values on stdout and errors on
// stderr. Ctrl-C stops what runs or forgets what was typed. Call it in the main thread, once.
ExitCode RunStarlarkPrompt(starlark::ScriptOptions options);

}  // namespace cow::driver
