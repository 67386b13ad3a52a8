// Runs plain Starlark programs: what `cow starlark` does.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace cow::starlark {

class Thread;

// How much an evaluation may take before it fails. The defaults end a malicious program in a second
// or two and in half a gigabyte.
struct ScriptLimits {
  uint64_t steps = 50'000'000;              // of WorkMeter, some 20 ns each; 0: any number
  size_t heap_bytes = size_t{384} << 20;    // of values; 0: any number
  int depth = 2000;                         // nested calls

  // Sets them for the thread and its heap.
  void Apply(Thread& thread) const;
};

struct ScriptOptions {
  // Where print() goes: one line of text without its newline. Default: standard error.
  std::function<void(std::string_view text)> print = nullptr;
  ScriptLimits limits{};
  // Evaluation fails with kCancelled soon after this becomes true. May be null.
  const std::atomic<bool>* cancel = nullptr;
};

// Runs the file at `path`. load("x.star", ...) and load(":x.star", ...) name files beside the
// loading one. struct and json are predeclared. Failure: text for people, complete (static errors
// of the file, or a traceback); kNotFound if `path` cannot be read; kResourceExhausted if a limit
// was reached.
absl::Status RunScript(const std::string& path, const ScriptOptions& options = {});

// Same for a text that messages call `name`; it loads files beside a file of that name.
absl::Status RunScriptText(const std::string& name, std::string text,
                           const ScriptOptions& options = {});

}  // namespace cow::starlark
