// The builtin Label("//a:b"). Its receiver must be a FileTableValue.
#pragma once

#include "absl/status/statusor.h"
#include "engine/loading/file_table.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/thread.h"

namespace cow::loading {

absl::StatusOr<starlark::Value> MakeLabel(starlark::Thread& thread, const starlark::Arguments& args);

}  // namespace cow::loading
