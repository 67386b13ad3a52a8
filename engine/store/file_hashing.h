// Hashing the bytes of open files.
#pragma once

#include "absl/status/statusor.h"
#include "engine/base/digest.h"

namespace cow::store {

// From the beginning to the end; the file offset is neither used nor moved.
absl::StatusOr<Digest> HashFd(int fd);

// Copies all of `from` into the new, empty file `to` and returns the digest of what `to` now holds. Shares the blocks
// where the file system can.
absl::StatusOr<Digest> CopyAndHash(int from, int to);

}  // namespace cow::store
