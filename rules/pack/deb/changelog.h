// The top entry of a Debian changelog.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace cow::pack {

struct ChangelogTop {
  std::string package;
  std::string version;
  int64_t time = 0;
};

// From `pkg (version) dist; urgency=x` to ` -- Name <mail>  date`.
absl::StatusOr<ChangelogTop> ParseChangelogTop(std::string_view text);

}  // namespace cow::pack
