// Names of blobs in ByteStream calls.
#pragma once

#include <string>

#include "engine/base/digest.h"

namespace cow::remote {

std::string ReadName(const std::string& instance, const Digest& digest, bool zstd);
// With an id of its own for each upload.
std::string WriteName(const std::string& instance, const Digest& digest, bool zstd);

}  // namespace cow::remote
