// `cow completion bash|zsh`: a completion script made from the command and flag tables.
#pragma once

#include "engine/cli/options.h"

namespace cow::cli {

driver::ExitCode RunCompletion(const Options& options);

}  // namespace cow::cli
