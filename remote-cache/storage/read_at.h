// ReadAt: bytes of an open file at a place.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace cow::cache {

// kDataLoss if the file ends before.
absl::StatusOr<std::string> ReadAt(int fd, int64_t offset, size_t size);

}  // namespace cow::cache
