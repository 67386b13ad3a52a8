// The file of --explain: a line for every action that a build ran, with the reason.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "engine/driver/build_request.h"
#include "engine/store/local_store.h"

namespace cow::driver {

// Of the build of this workspace that began then; if it ran nothing, the file says so.
absl::Status WriteExplanations(const BuildRequest& request, const std::string& workspace_root,
                               int64_t began_unix_micros, store::LocalStore& store);

}  // namespace cow::driver
