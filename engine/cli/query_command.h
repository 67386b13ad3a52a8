// `cow query`.
#pragma once

#include "engine/cli/options.h"

namespace cow::cli {

driver::ExitCode RunQuery(const Options& options);

}  // namespace cow::cli
