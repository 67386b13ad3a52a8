// Interpreter: runs bytecode. The stack of frames and the registers of one Thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/starlark/bytecode.h"
#include "engine/starlark/function_value.h"
#include "engine/starlark/module.h"
#include "engine/starlark/sequence_value.h"
#include "engine/starlark/struct_value.h"
#include "engine/starlark/thread.h"

namespace cow::starlark {

struct Frame {
  const Code* code;
  const Function* function;  // nullptr for a module's body
  ModuleData* module;
  Value* base;                // first register
  const Instruction* pc;      // behind the instruction being executed; saved at calls
  size_t iterations;          // active ones below this frame
  size_t segment;             // of the register stack
  bool from_host;             // entered by a call from C++: Run returns when it does
  std::string_view builtin;   // being called by this frame, or empty

  uint32_t offset() const {
    return code->offsets[static_cast<size_t>(pc - code->code.data()) - 1];
  }
};

// Registers of all frames. Segments never move, so that windows stay where they are.
class RegisterStack {
 public:
  // A window of `count` registers at `at` if it fits there, else in a new segment (then the caller
  // copies its arguments). Sets `*segment` for Release.
  Value* Window(Value* at, size_t count, size_t* segment);
  // Back to the segment a frame was in.
  void Release(size_t segment) { current_ = segment; }
  size_t current() const { return current_; }
  Value* start();

 private:
  struct Segment {
    std::unique_ptr<Value[]> values;
    size_t size;
  };
  std::vector<Segment> segments_;
  size_t current_ = 0;
};

struct InterpreterState {
  std::vector<Frame> frames;
  RegisterStack registers;
  std::vector<MutableObject*> iterations;  // nullptr: over something immutable
  int host_depth = 0;                      // calls from C++ that are active
  uint64_t next_check = 0;                 // step at which limits are looked at again
};

class Interpreter {
 public:
  explicit Interpreter(Thread& thread) : thread_(thread), state_(*thread.state_) {}

  // Calls anything callable from C++.
  absl::StatusOr<Value> CallFromHost(Value callee, std::span<const Value> positional,
                                     std::span<const NamedValue> named);
  // Runs a module's body.
  absl::StatusOr<Value> RunToplevel(const Code& code, ModuleData& module);

  static const std::vector<Frame>& Frames(const Thread& thread) { return thread.state_->frames; }

 private:
  // interpreter.cc
  absl::StatusOr<Value> Run();

  // calls.cc
  absl::Status PushFrame(const Code& code, const Function* function, ModuleData& module, Value* at,
                         size_t arguments, std::span<const NamedValue> named, bool from_host);
  absl::Status Bind(const Code& code, const Function* function, Value* base, size_t arguments,
                    std::span<const NamedValue> named);
  absl::Status BindNamed(const Code& code, Value* base, std::span<const NamedValue> named,
                         class Dict* rest);
  absl::Status FillDefaults(const Code& code, const Function* function, Value* base);
  void PopFrame();
  absl::Status CheckLimits();
  absl::StatusOr<Value> CallNative(Value callee, std::span<const Value> positional,
                                   std::span<const NamedValue> named);
  absl::StatusOr<Value> CallMethodNative(const String* name, BuiltinFunction function,
                                         Value receiver, std::span<const Value> positional,
                                         std::span<const NamedValue> named);
  // A call with named or star arguments: finds the arguments, then calls. Sets *result, or leaves
  // it unset if a frame was pushed.
  absl::Status CallSpecial(const CallSite& site, Value* base, Value* result);
  absl::Status CollectArguments(const CallSite& site, std::string_view callee, const Value* values,
                                std::vector<Value>& positional, std::vector<NamedValue>& named);
  Value* TopOfStack();

  // interpreter_steps.cc: instructions that need more than a line
  absl::Status BeginIteration(Value iterable, Value* state);
  void EndIteration();
  void UnwindIterations(size_t count);
  absl::Status Unpack(Value source, Value* targets, size_t count);
  Value MakeFunction(const Frame& frame, const Code& code, const Value* defaults);
  absl::Status DictInsert(Dict& dict, Value key, Value value);
  absl::Status LoadNames(const Frame& frame, size_t load);
  absl::Status Unassigned(std::string_view kind, const String* name);
  absl::StatusOr<Value> Attribute(Value object, const String* name);

  Thread& thread_;
  InterpreterState& state_;
};

}  // namespace cow::starlark
