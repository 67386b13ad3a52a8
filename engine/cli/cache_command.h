// cow cache: what lies in the cache, whether it is sound, and removing some of it.
#pragma once

#include "engine/cli/options.h"
#include "engine/driver/build_request.h"

namespace cow::cli {

driver::ExitCode RunCache(const Options& options);

}  // namespace cow::cli
