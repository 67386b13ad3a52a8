// Module: a program that was executed; FrozenModule: the same once its heap is frozen, to be loaded
// by others.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/diagnostic.h"
#include "engine/starlark/environment.h"
#include "engine/starlark/heap.h"
#include "engine/starlark/program.h"
#include "engine/starlark/thread.h"
#include "engine/starlark/value.h"

namespace cow::starlark {

class FrozenModule;

// What the functions of a module share. Lives in the module's heap.
struct ModuleData {
  const Program* program;
  Value* globals;            // by index; unset: not bound yet
  const Value* predeclared;  // those the program uses, by index
  Value* loaded;             // names bound by load(), by index
  const FrozenModule* const* modules;  // by load statement
};

struct Global {
  std::string_view name;
  Value value;
};

class Module {
 public:
  // Globals that are bound, in order of their first binding in the source. Names bound by load()
  // are not among them.
  std::vector<Global> globals() const;
  Value Find(std::string_view name) const;  // unset if absent
  const Program& program() const { return *data_->program; }

  explicit Module(ModuleData* data) : data_(data) {}

 private:
  ModuleData* data_;
};

// Runs the program in thread.heap(). `environment` must have the names the program was compiled
// with; `loaded` has one module for each of program->loads(), in that order. The heap keeps the
// program, the environment's heaps and the loaded modules alive. Failure: a rendered traceback
// (eval_error.h).
absl::StatusOr<Module> Execute(std::shared_ptr<const Program> program, Thread& thread,
                               const Environment& environment,
                               std::span<const std::shared_ptr<const FrozenModule>> loaded);

class FrozenModule {
 public:
  // Freezes the heap the module was executed in. `name` is for messages and for the host.
  static std::shared_ptr<const FrozenModule> Freeze(std::string name, std::unique_ptr<Heap> heap,
                                                    const Module& module);

  // A module that was not written in Starlark.
  static std::shared_ptr<const FrozenModule> FromGlobals(std::string name,
                                                         std::unique_ptr<Heap> heap,
                                                         std::vector<Global> globals);

  const std::string& name() const { return name_; }
  // In order of first binding.
  const std::vector<Global>& globals() const { return globals_; }
  Value Find(std::string_view name) const;  // unset if absent
  const std::shared_ptr<const FrozenHeap>& heap() const { return heap_; }

  // Use Freeze.
  FrozenModule(std::string name, std::shared_ptr<const FrozenHeap> heap,
               std::vector<Global> globals);

 private:
  std::string name_;
  std::shared_ptr<const FrozenHeap> heap_;
  std::vector<Global> globals_;
};

}  // namespace cow::starlark
