// What commands other than building do with a workspace: lock files, cleaning, telling where things are.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/driver/build_request.h"

namespace cow::driver {

// The directory of the workspace at or above `directory`; "" if there is none.
std::string WorkspaceAt(const std::string& directory);

struct LockedRepository {
  std::string name{};
  std::string lock_file{};   // below the workspace
  bool changed = false;
};

// Resolves the lock files of all repositories that have one, or of those named in request.patterns. Writes them unless
// check_only.
absl::StatusOr<std::vector<LockedRepository>> Lock(const BuildRequest& request);

// Removes cow-out and cow-bin of the workspace; with request.expunge the cache as well.
absl::Status Clean(const BuildRequest& request);

struct InfoItem {
  std::string key{};
  std::string value{};
};

// In the order they are shown. Needs no network and starts nothing but the sandbox's trial run.
absl::StatusOr<std::vector<InfoItem>> Info(const BuildRequest& request);

}  // namespace cow::driver
