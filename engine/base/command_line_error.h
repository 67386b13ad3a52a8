// Marks an error that only another command line can mend: a flag, a pattern of a query. Whoever ends the process tells
// it from errors in files by this mark.
#pragma once

#include "absl/status/status.h"

namespace cow {

// The same status with the mark; an OK status stays as it is.
absl::Status MarkCommandLineError(absl::Status status);
bool IsCommandLineError(const absl::Status& status);

}  // namespace cow
