// The flags of the remote cache, named as in Bazel.
#pragma once

#include <vector>

#include "engine/cli/flag_table.h"

namespace cow::cli {

std::vector<Flag> RemoteFlags();

}  // namespace cow::cli
