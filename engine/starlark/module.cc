#include "engine/starlark/module.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/starlark/bytecode.h"
#include "engine/starlark/interactive_program.h"
#include "engine/starlark/interpreter.h"

namespace cow::starlark {

std::vector<Global> Module::globals() const {
  const std::vector<const String*>& names = program().body().globals;
  std::vector<Global> result;
  for (size_t i = 0; i < names.size(); ++i) {
    if (!data_->globals[i].IsUnset()) result.push_back({names[i]->view(), data_->globals[i]});
  }
  return result;
}

Value Module::Find(std::string_view name) const {
  const std::vector<const String*>& names = program().body().globals;
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i]->view() == name) return data_->globals[i];
  }
  return Value();
}

namespace {

absl::StatusOr<ModuleData*> Prepare(std::shared_ptr<const Program> program, Thread& thread,
                               const Environment& environment,
                               std::span<const std::shared_ptr<const FrozenModule>> loaded) {
  const Program::Body& body = program->body();
  Heap& heap = thread.heap();
  COW_CHECK(loaded.size() == program->loads().size());
  heap.AddReference(body.constants);
  for (const std::shared_ptr<const FrozenHeap>& used : environment.heaps()) heap.AddReference(used);
  auto** modules = heap.AllocateArray<const FrozenModule*>(loaded.size());
  for (size_t i = 0; i < loaded.size(); ++i) {
    modules[i] = loaded[i].get();
    heap.AddReference(loaded[i]->heap());
    heap.AddOwner(loaded[i]);
  }
  Value* predeclared = heap.AllocateArray<Value>(body.predeclared.size());
  for (size_t i = 0; i < body.predeclared.size(); ++i) {
    predeclared[i] = environment.Find(body.predeclared[i]->view());
    if (predeclared[i].IsUnset()) {
      return absl::InternalError(absl::StrCat("environment lacks predeclared name '",
                                              body.predeclared[i]->view(), "'"));
    }
  }
  auto unset = [&](size_t count) {
    Value* values = heap.AllocateArray<Value>(count);
    std::fill(values, values + count, Value());
    return values;
  };
  auto* data = new (heap.Allocate(sizeof(ModuleData))) ModuleData{
      program.get(), unset(body.globals.size()), predeclared, unset(body.loaded.size()), modules};
  heap.AddOwner(program);
  return data;
}

absl::Status Run(ModuleData& module, Thread& thread) {
  return Interpreter(thread).RunToplevel(*module.program->body().toplevel, module).status();
}

void Bind(ModuleData& module, const Global& global) {
  const std::vector<const String*>& names = module.program->body().globals;
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i]->view() == global.name) module.globals[i] = global.value;
  }
}

}  // namespace

absl::StatusOr<Module> Execute(std::shared_ptr<const Program> program, Thread& thread,
                               const Environment& environment,
                               std::span<const std::shared_ptr<const FrozenModule>> loaded) {
  COW_ASSIGN_OR_RETURN(ModuleData * module,
                       Prepare(std::move(program), thread, environment, loaded));
  COW_RETURN_IF_ERROR(Run(*module, thread));
  return Module(module);
}

absl::StatusOr<Module> ExecuteAfter(std::span<const Global> earlier,
                                    std::shared_ptr<const Program> program, Thread& thread,
                                    const Environment& environment,
                                    std::span<const std::shared_ptr<const FrozenModule>> loaded,
                                    std::vector<Global>& bound) {
  COW_ASSIGN_OR_RETURN(ModuleData * data,
                       Prepare(std::move(program), thread, environment, loaded));
  for (const Global& global : earlier) Bind(*data, global);
  absl::Status status = Run(*data, thread);
  const Module module(data);
  bound = module.globals();
  COW_RETURN_IF_ERROR(status);
  return module;
}

FrozenModule::FrozenModule(std::string name, std::shared_ptr<const FrozenHeap> heap,
                           std::vector<Global> globals)
    : name_(std::move(name)), heap_(std::move(heap)), globals_(std::move(globals)) {}

std::shared_ptr<const FrozenModule> FrozenModule::Freeze(std::string name,
                                                         std::unique_ptr<Heap> heap,
                                                         const Module& module) {
  std::vector<Global> globals = module.globals();
  return std::make_shared<const FrozenModule>(std::move(name), Heap::Freeze(std::move(heap)),
                                              std::move(globals));
}

std::shared_ptr<const FrozenModule> FrozenModule::FromGlobals(std::string name,
                                                              std::unique_ptr<Heap> heap,
                                                              std::vector<Global> globals) {
  for (Global& global : globals) global.name = Intern(global.name)->view();
  return std::make_shared<const FrozenModule>(std::move(name), Heap::Freeze(std::move(heap)),
                                              std::move(globals));
}

Value FrozenModule::Find(std::string_view name) const {
  for (const Global& global : globals_) {
    if (global.name == name) return global.value;
  }
  return Value();
}

}  // namespace cow::starlark
