// How arguments become parameters, and frames.
#include <algorithm>
#include <cstring>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/edit_distance.h"
#include "engine/base/status.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/builtin_methods.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/eval_error.h"
#include "engine/starlark/interpreter.h"
#include "engine/starlark/operators.h"

namespace cow::starlark {

namespace {

// Most evaluations are one rule function of few registers; only deep calls need much.
constexpr size_t kFirstSegment = 256;
constexpr size_t kSegmentGrowth = 16;
constexpr size_t kLargestSegment = 65536;
// Star arguments from which on memory is looked at.
constexpr uint64_t kManyArguments = 4096;
// Calls from C++ into the interpreter nest on the machine's stack.
constexpr int kMaxHostDepth = 150;
// Steps that a call of something written in C++ costs beside its own work.
constexpr uint64_t kNativeCall = 2;

std::string Plural(size_t count, std::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

// For messages about a call: `method` of anything, else what the callee is called.
std::string_view NameOf(Value callee, const String* method) {
  if (method != nullptr) return method->view();
  if (const Function* function = callee.As<Function>()) return function->name();
  if (const Builtin* builtin = callee.As<Builtin>()) return builtin->name();
  return TypeName(callee);
}

// The register of the parameter of this name, or `parameters`. Starts to search at `start`.
size_t FindParameter(const Code& code, size_t parameters, size_t start, const String* name) {
  const String* const* all = code.parameters.data();
  for (size_t i = start; i < parameters; ++i) {
    if (all[i] == name && !(code.rest && i == code.positional)) return i;
  }
  for (size_t i = 0; i < start && i < parameters; ++i) {
    if (all[i] == name && !(code.rest && i == code.positional)) return i;
  }
  return parameters;
}

// Notes in the innermost frame which builtin it calls. After a failure the note stays: the message
// names that builtin, not one around it.
class BuiltinScope {
 public:
  BuiltinScope(InterpreterState& state, std::string_view name) : state_(state) {
    if (state_.frames.empty()) return;
    outer_ = state_.frames.back().builtin;
    state_.frames.back().builtin = name;
  }
  void Leave() {
    if (!state_.frames.empty()) state_.frames.back().builtin = outer_;
  }

 private:
  InterpreterState& state_;
  std::string_view outer_;
};

}  // namespace

Value* RegisterStack::start() {
  if (segments_.empty()) {
    segments_.push_back({std::make_unique<Value[]>(kFirstSegment), kFirstSegment});
  }
  return segments_[current_].values.get();
}

// Large segments count as memory of the evaluation.
void RegisterStack::HoldSegment(size_t size, bool hold) {
  WorkMeter* meter = WorkMeter::Current();
  if (meter == nullptr) return;
  hold ? meter->Hold(size * sizeof(Value)) : meter->Release(size * sizeof(Value));
}

Value* RegisterStack::Window(Value* at, size_t count, size_t* segment) {
  const Segment& here = segments_[current_];
  *segment = current_;
  if (at + count <= here.values.get() + here.size) return at;
  const size_t size = std::max(count, std::min(here.size * kSegmentGrowth, kLargestSegment));
  *segment = ++current_;
  if (current_ < segments_.size() && segments_[current_].size < size) {
    for (size_t i = current_; i < segments_.size(); ++i) HoldSegment(segments_[i].size, false);
    segments_.resize(current_);
  }
  if (current_ == segments_.size()) {
    HoldSegment(size, true);
    segments_.push_back({std::make_unique<Value[]>(size), size});
  }
  return segments_[current_].values.get();
}

bool Interpreter::EnterFunction(const Function& function, Value* at, size_t arguments) {
  return Fail(PushFrame(function.code(), &function, function.module(), at, arguments, {}, false));
}

// `at` has the positional arguments already; it lies in the caller's window, behind what it still
// needs.
absl::Status Interpreter::PushFrame(const Code& code, const Function* function, ModuleData& module,
                                    Value* at, size_t arguments, std::span<const NamedValue> named,
                                    bool from_host) {
  if (state_.frames.size() >= static_cast<size_t>(thread_.depth_limit_)) {
    return absl::ResourceExhaustedError("call stack is too deep");
  }
  for (const Frame& frame : state_.frames) {
    if (frame.code == &code) {
      return absl::InvalidArgumentError(
          absl::StrCat("function '", code.name->view(), "' called recursively"));
    }
  }
  // The function's instructions count as if all of them ran.
  meter_.Note(2 + (code.code.size() + code.locals.size()) / 8 + state_.frames.size() / 16);
  const size_t caller_segment = state_.registers.current();
  const size_t size = std::max<size_t>(code.registers, arguments) + 1;
  size_t segment;
  Value* base = state_.registers.Window(at, size, &segment);
  if (base != at) std::copy(at, at + arguments, base);
  if (code.simple && arguments == code.positional && named.empty()) {
    std::fill(base + arguments, base + code.locals.size(), Value());
  } else if (absl::Status status = Bind(code, function, base, arguments, named); !status.ok()) {
    state_.registers.Release(caller_segment);
    return status;
  }
  state_.frames.push_back({&code, function, &module, base, code.code.data(),
                           state_.iterations.size(), segment, from_host, {}});
  return absl::OkStatus();
}

void Interpreter::PopFrame() {
  UnwindIterations(state_.frames.back().iterations);
  state_.frames.pop_back();
  state_.registers.Release(state_.frames.empty() ? 0 : state_.frames.back().segment);
}

absl::Status Interpreter::Bind(const Code& code, const Function* function, Value* base,
                               size_t arguments, std::span<const NamedValue> named) {
  Heap& heap = thread_.heap_;
  Value rest;
  if (arguments > code.positional) {
    if (!code.rest) {
      if (code.positional == 0) {
        return absl::InvalidArgumentError(absl::StrCat(
            code.name->view(), "() does not accept positional arguments, but got ", arguments));
      }
      return absl::InvalidArgumentError(
          absl::StrCat(code.name->view(), "() accepts no more than ",
                       Plural(code.positional, "positional argument"), " but got ", arguments));
    }
    rest = heap.NewTuple({base + code.positional, arguments - code.positional});
    arguments = code.positional;
  } else if (code.rest) {
    rest = heap.NewTuple({});
  }
  std::fill(base + arguments, base + code.locals.size(), Value());
  Dict* named_rest = nullptr;
  if (code.named_rest) {
    named_rest = heap.NewDict();
    base[code.parameters.size() - 1] = named_rest;
  }
  COW_RETURN_IF_ERROR(BindNamed(code, base, arguments, named, named_rest));
  if (code.rest) base[code.positional] = rest;
  return FillDefaults(code, function, base);
}

namespace {

absl::Status UnexpectedNames(const Code& code, const std::vector<std::string_view>& unexpected) {
  std::string close;
  if (unexpected.size() == 1) {  // several mean rather that another function was meant
    std::vector<std::string> names;
    for (const String* parameter : code.parameters) names.push_back(parameter->str());
    close = ClosestMatch(unexpected[0], names);
  }
  return absl::InvalidArgumentError(absl::StrCat(
      code.name->view(), "() got unexpected keyword argument", unexpected.size() == 1 ? "" : "s",
      ": ", absl::StrJoin(unexpected, ", "),
      close.empty() ? "" : absl::StrCat(" (did you mean '", close, "'?)")));
}

}  // namespace

absl::Status Interpreter::BindNamed(const Code& code, Value* base, size_t positional,
                                    std::span<const NamedValue> named, Dict* rest) {
  const size_t parameters = code.parameters.size() - (code.named_rest ? 1 : 0);
  // Callers mostly name arguments in the order of the parameters: the search goes on where the last
  // one ended, then around.
  size_t next = positional;
  std::vector<std::string_view> unexpected;
  for (const NamedValue& argument : named) {
    const size_t at = FindParameter(code, parameters, next, argument.name);
    const size_t searched = at >= next ? at - next : parameters - next + at;
    COW_RETURN_IF_ERROR(ChargeWork(WalkedElements(searched)));
    if (at < parameters) {
      next = at + 1;
      if (!base[at].IsUnset()) {
        return absl::InvalidArgumentError(
            absl::StrCat(code.name->view(), "() got multiple values for parameter '",
                         argument.name->view(), "'"));
      }
      base[at] = argument.value;
    } else if (rest != nullptr) {
      rest->table().Append(thread_.heap_, argument.name, argument.name->hash(), argument.value);
    } else {
      unexpected.push_back(argument.name->view());
    }
  }
  return unexpected.empty() ? absl::OkStatus() : UnexpectedNames(code, unexpected);
}

namespace {

absl::Status MissingArguments(const Code& code, const Value* base, size_t parameters) {
  std::vector<std::string_view> missing;
  std::vector<std::string_view> missing_named;
  for (size_t i = 0; i < parameters; ++i) {
    if (!base[i].IsUnset()) continue;
    (i < code.positional ? missing : missing_named).push_back(code.parameters[i]->view());
  }
  if (!missing.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        code.name->view(), "() missing ", missing.size(), " required positional argument",
        missing.size() == 1 ? "" : "s", ": ", absl::StrJoin(missing, ", ")));
  }
  if (!missing_named.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(code.name->view(), "() missing ", missing_named.size(),
                     " required keyword-only argument", missing_named.size() == 1 ? "" : "s", ": ",
                     absl::StrJoin(missing_named, ", ")));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Interpreter::FillDefaults(const Code& code, const Function* function, Value* base) {
  const size_t parameters = code.parameters.size() - (code.named_rest ? 1 : 0);
  bool complete = true;
  for (size_t i = 0; i < parameters; ++i) {
    if (!base[i].IsUnset()) continue;
    if (code.defaults[i] >= 0) {
      base[i] = function->default_value(static_cast<size_t>(code.defaults[i]));
    } else {
      complete = false;
    }
  }
  return complete ? absl::OkStatus() : MissingArguments(code, base, parameters);
}

absl::StatusOr<Value> Interpreter::CallMethodNative(const String* name, BuiltinFunction function,
                                                    Value receiver,
                                                    std::span<const Value> positional,
                                                    std::span<const NamedValue> named) {
  BuiltinScope scope(state_, name->view());
  absl::StatusOr<Value> result =
      function(thread_, Arguments(name->view(), receiver, positional, named));
  COW_RETURN_IF_ERROR(AfterNative(positional.size() + named.size()));
  if (result.ok()) scope.Leave();
  return result;
}

// What a native operation noted may be beyond the limit: then its result may not be whole.
absl::Status Interpreter::AfterNative(size_t arguments) {
  meter_.Note(kNativeCall + arguments);
  return meter_.due() ? meter_.Check() : absl::OkStatus();
}

absl::StatusOr<Value> Interpreter::CallNative(Value callee, std::span<const Value> positional,
                                              std::span<const NamedValue> named) {
  if (const Builtin* builtin = callee.As<Builtin>()) {
    return CallMethodNative(builtin->name_string(), builtin->function(), builtin->receiver(),
                            positional, named);
  }
  if (callee.Is(Kind::kHost)) {
    auto* host = static_cast<HostObject*>(callee.object());
    if (host->Callable()) {
      BuiltinScope scope(state_, host->CallName());
      absl::StatusOr<Value> result =
          host->Call(thread_, Arguments(host->CallName(), callee, positional, named));
      COW_RETURN_IF_ERROR(AfterNative(positional.size() + named.size()));
      if (result.ok()) scope.Leave();
      return result;
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", TypeName(callee), "' object is not callable"));
}

bool Interpreter::CallStep(Value* base, size_t arguments) {
  if (const Builtin* builtin = base[0].As<Builtin>()) {
    return Store(CallMethodNative(builtin->name_string(), builtin->function(), builtin->receiver(),
                                  {base + 1, arguments}, {}),
                 base);
  }
  return Store(CallNative(base[0], {base + 1, arguments}, {}), base);
}

bool Interpreter::CallMethodStep(const String* name, Value* base, size_t arguments) {
  const Value receiver = base[0];
  if (const BuiltinMethod* method = FindMethod(receiver.kind(), name)) {
    return Store(CallMethodNative(method->name, method->function, receiver, {base + 1, arguments},
                                  {}),
                 base);
  }
  if (receiver.Is(Kind::kHost)) {
    const MethodTable* methods = static_cast<HostObject*>(receiver.object())->Methods();
    const MethodTable::Method* method = methods == nullptr ? nullptr : methods->Find(name);
    if (method != nullptr) {
      return Store(CallMethodNative(method->name, method->function, receiver,
                                    {base + 1, arguments}, {}),
                   base);
    }
  }
  if (!AttributeStep(receiver, name, base)) return false;
  if (const Function* function = base[0].As<Function>()) {
    return EnterFunction(*function, base + 1, arguments);
  }
  return CallStep(base, arguments);
}

// The arguments are copied into a buffer, into registers and perhaps into a tuple. Registers stay
// for the evaluation's life.
absl::Status Interpreter::CheckStarArgument(Value star) {
  const int64_t length = Length(star);
  if (length <= 0) return absl::OkStatus();
  const uint64_t count = static_cast<uint64_t>(length);
  COW_RETURN_IF_ERROR(ChargeWork(WalkedElements(count)));
  if (count < kManyArguments) return absl::OkStatus();
  if (count > UINT32_MAX) return meter_.CheckRoom(UINT64_MAX / 2);
  return meter_.CheckRoom(count * 4 * sizeof(Value));
}

absl::Status Interpreter::CollectArguments(const CallSite& site, std::string_view callee,
                                           const Value* values,
                                           PositionalBuffer& positional,
                                           NamedBuffer& named) {
  positional.assign(values, values + site.positional);
  values += site.positional;
  for (const String* name : site.names) named.push_back({name, *values++});
  if (site.star) {
    const Value star = *values++;
    if (!IsIterable(star)) {
      return absl::InvalidArgumentError(
          absl::StrCat("argument after * must be an iterable, not ", TypeName(star)));
    }
    COW_RETURN_IF_ERROR(CheckStarArgument(star));
    if (const Tuple* tuple = star.As<Tuple>()) {
      positional.insert(positional.end(), tuple->begin(), tuple->end());
    } else {
      COW_ASSIGN_OR_RETURN(std::vector<Value> elements, Elements(star));
      positional.insert(positional.end(), elements.begin(), elements.end());
    }
  }
  if (!site.star_star) return absl::OkStatus();
  const Dict* star_star = values->As<Dict>();
  if (star_star == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("argument after ** must be a dict, not ", TypeName(*values)));
  }
  for (const auto& entry : *star_star) {
    const String* key = entry.key.As<String>();
    if (key == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("keywords must be strings, not ", TypeName(entry.key)));
    }
    COW_ASSIGN_OR_RETURN(const String* name, InternMetered(*key));
    COW_RETURN_IF_ERROR(ChargeWork(4 + WalkedElements(site.names.size())));
    for (size_t i = 0; i < site.names.size(); ++i) {
      if (site.names[i] == name) {
        return absl::InvalidArgumentError(absl::StrCat(
            callee, "() got multiple values for keyword argument '", name->view(), "'"));
      }
    }
    named.push_back({name, entry.value});
  }
  return absl::OkStatus();
}

bool Interpreter::CallSpecial(const CallSite& site, Value* base) {
  return Fail(TryCallSpecial(site, base));
}

absl::Status Interpreter::TryCallSpecial(const CallSite& site, Value* base) {
  Value callee = base[0];
  Value receiver;
  BuiltinFunction method = nullptr;
  const String* name = site.method;
  if (name != nullptr) {
    receiver = callee;
    if (const BuiltinMethod* builtin = FindMethod(receiver.kind(), name)) {
      method = builtin->function;
    } else if (receiver.Is(Kind::kHost)) {
      const MethodTable* methods = static_cast<HostObject*>(receiver.object())->Methods();
      const MethodTable::Method* found = methods == nullptr ? nullptr : methods->Find(name);
      if (found != nullptr) method = found->function;
    }
    if (method == nullptr) {
      COW_ASSIGN_OR_RETURN(callee, Attribute(receiver, name));
    }
  }
  PositionalBuffer all_positional;
  NamedBuffer all_named;
  std::span<const Value> positional(base + 1, site.positional);
  if (site.star || site.star_star) {
    COW_RETURN_IF_ERROR(CollectArguments(site, NameOf(callee, name), base + 1, all_positional,
                                         all_named));
    positional = {all_positional.data(), all_positional.size()};
  } else {
    // A copy, as the registers become those of the callee.
    const Value* values = base + 1 + site.positional;
    all_named.resize(site.names.size());
    for (size_t i = 0; i < site.names.size(); ++i) all_named[i] = {site.names[i], values[i]};
  }
  const std::span<const NamedValue> named(all_named.data(), all_named.size());
  if (method != nullptr) {
    COW_ASSIGN_OR_RETURN(*base, CallMethodNative(name, method, receiver, positional, named));
    return absl::OkStatus();
  }
  if (const Function* function = callee.As<Function>()) {
    // More arguments than the caller's window may hold: give them one of their own.
    size_t segment;
    const size_t caller_segment = state_.registers.current();
    Value* at = state_.registers.Window(base + 1, positional.size(), &segment);
    if (at != positional.data()) std::copy(positional.begin(), positional.end(), at);
    absl::Status status = PushFrame(function->code(), function, function->module(), at,
                                    positional.size(), named, false);
    if (!status.ok()) state_.registers.Release(caller_segment);
    return status;
  }
  COW_ASSIGN_OR_RETURN(*base, CallNative(callee, positional, named));
  return absl::OkStatus();
}

Value* Interpreter::TopOfStack() {
  Value* start = state_.registers.start();
  if (state_.frames.empty()) return start;
  return state_.frames.back().base + state_.frames.back().code->registers;
}

absl::StatusOr<Value> Interpreter::CallFromHost(Value callee, std::span<const Value> positional,
                                                std::span<const NamedValue> named) {
  const WorkMeter::Scope metered(meter_);
  const Function* function = callee.As<Function>();
  if (function == nullptr) {
    return CallNative(callee, positional, named);
  }
  if (state_.host_depth >= kMaxHostDepth) {
    return absl::ResourceExhaustedError("calls of builtins that call back are nested too deeply");
  }
  size_t segment;
  const size_t caller_segment = state_.registers.current();
  Value* top = TopOfStack();
  Value* at = state_.registers.Window(top, positional.size(), &segment);
  std::copy(positional.begin(), positional.end(), at);
  absl::Status status = PushFrame(function->code(), function, function->module(), at,
                                  positional.size(), named, true);
  if (!status.ok()) {
    state_.registers.Release(caller_segment);
    return ErrorWithTraceback(thread_, status);
  }
  absl::StatusOr<Value> result = RunFromHost();
  state_.registers.Release(caller_segment);
  return result;
}

absl::StatusOr<Value> Interpreter::RunToplevel(const Code& code, ModuleData& module) {
  const WorkMeter::Scope metered(meter_);
  Value* top = TopOfStack();
  absl::Status status = PushFrame(code, nullptr, module, top, 0, {}, true);
  if (!status.ok()) return ErrorWithTraceback(thread_, status);
  return RunFromHost();
}

absl::StatusOr<Value> Interpreter::RunFromHost() {
  Value result;
  ++state_.host_depth;
  const bool done = Run(&result);
  --state_.host_depth;
  if (!done) return std::move(error_);
  return result;
}

absl::StatusOr<Value> Call(Thread& thread, Value function, std::span<const Value> positional,
                           std::span<const NamedValue> named) {
  return Interpreter(thread).CallFromHost(function, positional, named);
}

}  // namespace cow::starlark
