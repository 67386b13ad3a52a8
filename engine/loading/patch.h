// ApplyPatch: changes the files of a directory as a unified diff says. A hunk may have moved, but all of its lines must
// be there: nothing is guessed.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace cow::loading {

// `strip`: how many leading components of the paths in the patch to leave out, as -p of the patch program.
// `shown`: how messages call the patch. kInvalidArgument names the hunk and the first line that differs. Files of a
// patch that fails half way stay changed.
absl::Status ApplyPatch(std::string_view patch, std::string_view shown, int strip, const std::string& directory);

}  // namespace cow::loading
