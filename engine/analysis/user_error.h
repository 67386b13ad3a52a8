// UserError: a plain message about what the user wrote; builtins return it and the interpreter adds
// the place.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace cow::analysis {

template <typename... Parts>
absl::Status UserError(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}

}  // namespace cow::analysis
