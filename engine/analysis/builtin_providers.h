// The providers that the engine itself knows, and the names that analysis adds to the environment
// of .cow files.
#pragma once

#include "engine/analysis/provider.h"
#include "engine/loading/build_environment.h"
#include "engine/starlark/environment.h"
#include "engine/starlark/heap.h"

namespace cow::analysis {

// One set per process, immutable. Rules see them as DefaultInfo, platform_common.ToolchainInfo, ...
struct BuiltinProviders {
  const Provider* default_info;             // files, runfiles; every target has one
  const Provider* output_group_info;        // named sets of files
  const Provider* run_environment_info;     // environment of a program run by `cow test`
  const Provider* execution_info;           // testing.ExecutionInfo(requirements): of a test
  const Provider* analysis_test_result;     // AnalysisTestResultInfo(success, message)
  const Provider* instrumented_files_info;  // accepted and ignored
  const Provider* toolchain_info;           // platform_common.ToolchainInfo
  const Provider* template_variable_info;   // platform_common.TemplateVariableInfo: Make variables
  const Provider* runtime_info;             // RuntimeInfo(root, command): what a program needs to run
  const Provider* host_tree_info;           // the root directory of an action; made by host_tree
  const Provider* constraint_setting_info;  // the rest: made by native rules only
  const Provider* constraint_value_info;
  const Provider* platform_info;
  const Provider* config_match_info;
  const Provider* toolchain_type_info;

  static const BuiltinProviders& Get();
};

// Adds provider, depset, DefaultInfo, OutputGroupInfo, RunEnvironmentInfo, platform_common,
// config_common, coverage_common, testing, HostTreeInfo and RuntimeInfo. Values are made in `heap`, which the
// caller freezes.
void AddAnalysisBuiltins(starlark::Heap& heap, starlark::Environment& environment);

// What the driver passes to the Workspace: the names above in .cow files, and providers that learn
// their names.
loading::BuildEnvironment AnalysisEnvironment();

}  // namespace cow::analysis
