// Several errors as one status, and errors of evaluations as diagnostics.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "engine/base/diagnostic.h"

namespace cow::loading {

// kInvalidArgument with all diagnostics, one after the other. `diagnostics` must not be empty.
absl::Status ErrorList(const std::vector<Diagnostic>& diagnostics);

// A traceback that has only one frame, in `source`, says no more than a place does: it becomes a diagnostic
// there. Everything else is returned as it is.
absl::Status SimplifyTraceback(const absl::Status& status, const SourceFile& source);

// A complete status with one more line: "note: ...".
absl::Status WithNote(const absl::Status& status, std::string_view note);

}  // namespace cow::loading
