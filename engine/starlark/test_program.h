// Helpers of this folder's tests: compile and run a text.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/starlark/module.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/program.h"
#include "engine/starlark/thread.h"
#include "gtest/gtest.h"

namespace cow::starlark {

inline absl::StatusOr<std::shared_ptr<const Program>> CompileText(
    std::string text, const Dialect& dialect = Dialect::Script(),
    const Environment& environment = ScriptEnvironment(), std::string name = "test.star") {
  auto source = std::make_shared<const SourceFile>(std::move(name), std::move(text));
  return Program::Compile(std::move(source), dialect, environment);
}

// Compiles and runs in the thread's heap.
inline absl::StatusOr<Module> RunText(Thread& thread, std::string text,
                                      const Environment& environment = ScriptEnvironment(),
                                      const Dialect& dialect = Dialect::Script()) {
  auto program = CompileText(std::move(text), dialect, environment);
  if (!program.ok()) return program.status();
  return Execute(*program, thread, environment, {});
}

// A module that was run and frozen.
inline std::shared_ptr<const FrozenModule> FrozenText(std::string name, std::string text) {
  auto heap = std::make_unique<Heap>();
  Thread thread(*heap);
  absl::StatusOr<Module> module = RunText(thread, std::move(text));
  EXPECT_TRUE(module.ok()) << module.status();
  return FrozenModule::Freeze(std::move(name), std::move(heap), *module);
}

// The message of running the text, or "ok".
inline std::string ErrorOf(const std::string& text,
                           const Environment& environment = ScriptEnvironment()) {
  Heap heap;
  Thread thread(heap);
  absl::StatusOr<Module> module = RunText(thread, text, environment);
  return module.ok() ? "ok" : std::string(module.status().message());
}

}  // namespace cow::starlark
