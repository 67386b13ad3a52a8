// Where cow's own files are: the programs beside it and the built-in rules.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace cow::driver {

struct Installation {
  std::string programs_dir{};   // holds cow, cow-sandbox, cow-pack, cow-remote
  std::string rules_dir{};      // the repository @cow
};

// By the place of this executable: `../share/cow/rules` beside an installed bin/, `rules` of the source tree for
// build/<preset>/bin. kNotFound names both.
absl::StatusOr<Installation> FindInstallation();

}  // namespace cow::driver
