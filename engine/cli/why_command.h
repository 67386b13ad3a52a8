// `cow why`: why actions ran. `cow stats`: how builds went.
#pragma once

#include "engine/cli/options.h"

namespace cow::cli {

driver::ExitCode RunWhy(const Options& options);
driver::ExitCode RunStats(const Options& options);

}  // namespace cow::cli
