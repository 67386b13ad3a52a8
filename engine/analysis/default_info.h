// SetDefaultInfo: what every configured target has: its files, its program, its runfiles, and the
// value that dependents see.
#pragma once

#include "engine/analysis/configured_target.h"
#include "engine/analysis/depset_value.h"
#include "engine/analysis/file_value.h"
#include "engine/analysis/runfiles_value.h"
#include "engine/starlark/heap.h"

namespace cow::analysis {

struct DefaultInfoParts {
  ValueDepset files{};
  FileValue* executable = nullptr;  // null: cannot be run
  Runfiles default_runfiles{};
  Runfiles data_runfiles{};
};

// Fills the DefaultInfo, the files and the value of `target`; all values are made in `heap`, the
// target's own.
void SetDefaultInfo(ConfiguredTarget& target, starlark::Heap& heap, DefaultInfoParts parts);

}  // namespace cow::analysis
