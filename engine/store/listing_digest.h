// The names and kinds of a directory's entries, and their digest.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/base/posix_file.h"

namespace cow::store {

// `listing` is sorted by name.
Digest DigestOfListing(const std::vector<DirectoryEntry>& listing);

// What BUILD files may depend on in a directory: sorted, without what cow itself writes there (cow-out, cow-bin), and
// with symlinks as what they point to (kOther if that is nothing).
struct SourceListing {
  std::vector<DirectoryEntry> entries{};
  std::vector<std::string> links{};  // names of the symlinks
};
absl::StatusOr<SourceListing> ListSources(const std::string& directory);

}  // namespace cow::store
