// cow fetch and cow vendor: what builds need from outside, without building.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/driver/build_request.h"
#include "engine/model/build_event.h"

namespace cow::driver {

struct FetchResult {
  int64_t files = 0;
  int64_t bytes = 0;
  std::vector<std::string> problems{};  // request.check_only: what is wrong with the vendored files
};

// Makes the repositories that loading and analysing the targets needs, and downloads what their actions and tests may read:
// all of it, whatever the cache has results of. Without patterns: every target of the workspace, and every repository it declares.
absl::StatusOr<FetchResult> Fetch(const BuildRequest& request, EventSink& events, std::stop_token cancelled);

// The same, and copies the files to `directory` (see VendorDirectory), beside those that are there. With request.check_only
// only reads what is there.
absl::StatusOr<FetchResult> Vendor(const BuildRequest& request, const std::string& directory, EventSink& events,
                                   std::stop_token cancelled);

}  // namespace cow::driver
