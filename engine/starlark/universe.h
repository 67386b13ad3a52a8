// The universal functions, by the file that implements them.
#pragma once

#include <span>

#include "engine/starlark/builtin_methods.h"

namespace cow::starlark {

std::span<const MethodEntry> CoreFunctions();        // builtins_core.cc
std::span<const MethodEntry> CollectionFunctions();  // builtins_collections.cc
std::span<const MethodEntry> JsonFunctions();        // json_module.cc: members of json
absl::StatusOr<Value> MakeStruct(Thread& thread, const Arguments& args);

}  // namespace cow::starlark
