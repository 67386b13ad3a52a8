// Interpreter: runs bytecode. The stack of frames and the registers of one Thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/starlark/bytecode.h"
#include "engine/starlark/function_value.h"
#include "engine/starlark/host_object.h"
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
  static void HoldSegment(size_t size, bool hold);

  std::vector<Segment> segments_;
  size_t current_ = 0;
};

struct InterpreterState {
  std::vector<Frame> frames;
  RegisterStack registers;
  std::vector<MutableObject*> iterations;  // nullptr: over something immutable
  int host_depth = 0;                      // calls from C++ that are active
};

using PositionalBuffer = absl::InlinedVector<Value, 16>;
using NamedBuffer = absl::InlinedVector<NamedValue, 16>;

class Interpreter {
 public:
  explicit Interpreter(Thread& thread)
      : thread_(thread), meter_(*thread.meter_), state_(*thread.state_) {}

  // Calls anything callable from C++.
  absl::StatusOr<Value> CallFromHost(Value callee, std::span<const Value> positional,
                                     std::span<const NamedValue> named);
  // Runs a module's body.
  absl::StatusOr<Value> RunToplevel(const Code& code, ModuleData& module);

  static const std::vector<Frame>& Frames(const Thread& thread) { return thread.state_->frames; }

 private:
  static constexpr int kFailed = 2;  // of steps that otherwise return -1, 0 or 1

  // Functions that return bool: false means that `error_` tells why.

  // interpreter.cc
  bool Run(Value* result);

  // calls.cc
  bool EnterFunction(const Function& function, Value* at, size_t arguments);
  absl::Status PushFrame(const Code& code, const Function* function, ModuleData& module, Value* at,
                         size_t arguments, std::span<const NamedValue> named, bool from_host);
  absl::Status Bind(const Code& code, const Function* function, Value* base, size_t arguments,
                    std::span<const NamedValue> named);
  absl::Status BindNamed(const Code& code, Value* base, size_t positional,
                         std::span<const NamedValue> named, class Dict* rest);
  absl::Status FillDefaults(const Code& code, const Function* function, Value* base);
  void PopFrame();
  bool CheckLimits() { return Fail(meter_.Check()); }
  // Also for what a finished native operation noted.
  bool CheckWork() { return !meter_.due() || CheckLimits(); }
  // base[0](base[1], ...) for what is no Function; base[0] becomes the result.
  bool CallStep(Value* base, size_t arguments);
  // base[0].name(base[1], ...), also if it is a Function: then a frame was pushed.
  bool CallMethodStep(const String* name, Value* base, size_t arguments);
  absl::StatusOr<Value> CallNative(Value callee, std::span<const Value> positional,
                                   std::span<const NamedValue> named);
  absl::StatusOr<Value> CallMethodNative(const String* name, BuiltinFunction function,
                                         Value receiver, std::span<const Value> positional,
                                         std::span<const NamedValue> named);
  // A call with named or star arguments: finds the arguments, then calls. base[0] becomes the
  // result, unless a frame was pushed.
  bool CallSpecial(const CallSite& site, Value* base);
  absl::Status TryCallSpecial(const CallSite& site, Value* base);
  absl::Status AfterNative(size_t arguments);
  absl::Status CheckStarArgument(Value star);
  absl::Status CollectArguments(const CallSite& site, std::string_view callee, const Value* values,
                                PositionalBuffer& positional, NamedBuffer& named);
  absl::StatusOr<Value> RunFromHost();
  Value* TopOfStack();

  // interpreter_steps.cc: instructions that need more than a line
  bool Fail(absl::Status status) {
    if (status.ok()) [[likely]] return true;
    error_ = std::move(status);
    return false;
  }
  bool Store(absl::StatusOr<Value> result, Value* target) {
    if (!result.ok()) [[unlikely]] return Fail(std::move(result).status());
    *target = *result;
    return true;
  }
  bool BinaryStep(BinaryOp op, Value left, Value right, Value* target);
  bool InplaceStep(BinaryOp op, Value left, Value right, Value* target);
  bool UnaryStep(Op op, Value operand, Value* target);
  int CompareStep(Value left, Value right);
  int EqualStep(Value left, Value right);
  int ContainsStep(Value container, Value element);
  bool IndexStep(Value object, Value key, Value* target);
  bool SetIndexStep(Value object, Value key, Value value);
  bool SliceStep(const Value* operands, Value* target);
  bool AttributeStep(Value object, const String* name, Value* target);
  bool SetAttrStep(Value object);
  bool BeginIteration(Value iterable, Value* state);
  void EndIteration() {
    if (MutableObject* locked = state_.iterations.back()) locked->EndIteration();
    state_.iterations.pop_back();
  }
  void UnwindIterations(size_t count) {
    while (state_.iterations.size() > count) EndIteration();
  }
  bool Unpack(Value source, Value* targets, size_t count);
  Value MakeFunction(const Frame& frame, const Code& code, const Value* defaults);
  bool DictInsert(Dict& dict, Value key, Value value);
  bool DictSet(Dict& dict, Value key, Value value);
  bool LoadNames(const Frame& frame, size_t load);
  bool Unassigned(std::string_view kind, const String* name);
  absl::StatusOr<Value> Attribute(Value object, const String* name);

  Thread& thread_;
  WorkMeter& meter_;
  InterpreterState& state_;
  absl::Status error_;
};

}  // namespace cow::starlark
