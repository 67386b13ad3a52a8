// BuildEnvironment: what names .cow, BUILD and WORKSPACE files have without load, beyond the universal ones.
//
// Loading's own builtins, plus what the caller contributes (analysis: provider, depset, DefaultInfo, ...).
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "engine/starlark/environment.h"
#include "engine/starlark/heap.h"
#include "engine/starlark/value.h"

namespace cow::loading {

// Adds names; values are made in the heap, which is frozen afterwards and lives as long as anything uses it.
using EnvironmentContribution = std::function<void(starlark::Heap&, starlark::Environment&)>;

// Told of each global of a .cow file, in order, before its heap is frozen: for values that learn their name
// from it (providers). Only host objects that are not frozen yet are shown.
using ExportHook = std::function<void(std::string_view name, starlark::Value value)>;

struct BuildEnvironment {
  std::vector<EnvironmentContribution> module_names{};      // .cow and .bzl files
  std::vector<EnvironmentContribution> build_file_names{};  // BUILD files
  std::vector<ExportHook> on_export{};
};

}  // namespace cow::loading
