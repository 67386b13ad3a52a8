// Runs a plain Starlark file: what `cow starlark FILE` does.
#pragma once

#include <functional>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace cow::starlark {

struct ScriptOptions {
  // Where print() goes: one line of text without its newline. Default: standard error.
  std::function<void(std::string_view text)> print;
  uint64_t step_limit = 0;
};

// Runs the file at `path`. load("x.star", ...) and load(":x.star", ...) name files beside the
// loading one. struct and json are predeclared. Failure: text for people, complete (static errors
// of the file, or a traceback); kNotFound if `path` cannot be read.
absl::Status RunScript(const std::string& path, const ScriptOptions& options = {});

}  // namespace cow::starlark
