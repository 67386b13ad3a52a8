// cow fetch, cow vendor.
#pragma once

#include "engine/cli/options.h"

namespace cow::cli {

driver::ExitCode RunFetch(const Options& options);
driver::ExitCode RunVendor(const Options& options);

}  // namespace cow::cli
