// cow cache push: results of earlier builds for the remote cache.
#pragma once

#include "engine/cli/options.h"
#include "engine/driver/build_request.h"

namespace cow::cli {

driver::ExitCode RunPush(const Options& options);

}  // namespace cow::cli
