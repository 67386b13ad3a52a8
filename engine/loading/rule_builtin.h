// The builtins rule(), config.bool() and friends, config_common.toolchain_type(), visibility().
#pragma once

#include "absl/status/statusor.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/heap.h"
#include "engine/starlark/thread.h"

namespace cow::loading {

// testing.analysis_test(name, implementation, attrs, fragments, toolchains, attr_values): declares a test of a rule of
// its own; while a BUILD file is loaded.
absl::StatusOr<starlark::Value> DeclareAnalysisTest(starlark::Thread& thread, const starlark::Arguments& args);

absl::StatusOr<starlark::Value> MakeRule(starlark::Thread& thread, const starlark::Arguments& args);
// The namespaces `config` and `config_common`.
starlark::Value MakeConfigNamespace(starlark::Heap& heap);
starlark::Value MakeConfigCommonNamespace(starlark::Heap& heap);
// visibility("public" | "private" | ["//a/..."]): who may load this file.
absl::StatusOr<starlark::Value> SetLoadVisibility(starlark::Thread& thread, const starlark::Arguments& args);

}  // namespace cow::loading
