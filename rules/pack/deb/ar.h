// The ar container of Debian packages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "rules/pack/io/byte_sink.h"

namespace cow::pack {

struct ArMember {
  std::string name;
  std::string_view data;  // into the bytes that were given to ReadAr
};

absl::StatusOr<std::vector<ArMember>> ReadAr(std::string_view bytes);

// Streams an archive: Begin once, then members.
absl::Status BeginAr(ByteSink& sink);
absl::Status AddArMember(ByteSink& sink, std::string_view name, int64_t mtime, std::string_view data);

}  // namespace cow::pack
