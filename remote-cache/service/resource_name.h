// Names of blobs in ByteStream calls: [INSTANCE/]blobs/HASH/SIZE, [INSTANCE/]uploads/UUID/blobs/HASH/SIZE[/...], and the same
// with compressed-blobs/zstd; hash and size are of the uncompressed bytes.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"

namespace cow::cache {

struct ResourceName {
  std::string instance{};
  Digest digest{};
  bool is_zstd = false;
};

// kInvalidArgument, saying what is wrong.
absl::StatusOr<ResourceName> ParseReadName(std::string_view name);
absl::StatusOr<ResourceName> ParseWriteName(std::string_view name);

}  // namespace cow::cache
