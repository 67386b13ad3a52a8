// The digest of the names and kinds of a directory's entries.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/base/posix_file.h"

namespace cow::store {

// `listing` is sorted by name.
Digest DigestOfListing(const std::vector<DirectoryEntry>& listing);

// Symlinks get the kind of what they point to, kOther if that is nothing. True if there were any.
bool ResolveLinks(const std::string& directory, std::vector<DirectoryEntry>* listing);

}  // namespace cow::store
