// The functions of BUILD files, which macros reach as native.x: glob, package, exports_files, ...
#pragma once

#include <string_view>
#include <vector>

#include "engine/starlark/heap.h"
#include "engine/starlark/struct_value.h"

namespace cow::loading {

// In order of name.
std::vector<starlark::NamedValue> MakeBuildFileBuiltins(starlark::Heap& heap);

}  // namespace cow::loading
