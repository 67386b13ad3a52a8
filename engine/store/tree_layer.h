// Lays out a directory tree as real files with fixed modes and times. Internal to the store.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/model/host_tree.h"

namespace cow::store {

// Copies the files from their source paths into the existing, empty directory `root` and checks each one's digest on
// the way: kFailedPrecondition if one differs. Parents of entries appear by themselves. `root` itself stays writable,
// so that it can be renamed.
absl::Status LayTree(const std::string& root, const std::vector<HostTreeEntry>& entries);

}  // namespace cow::store
