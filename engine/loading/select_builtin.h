// The builtin select({...}, no_match_error = "").
#pragma once

#include "absl/status/statusor.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/thread.h"

namespace cow::loading {

absl::StatusOr<starlark::Value> MakeSelect(starlark::Thread& thread, const starlark::Arguments& args);

}  // namespace cow::loading
