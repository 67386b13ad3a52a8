// Function: a def or lambda. Builtin: a function written in C++, perhaps bound to a receiver.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/starlark/host_object.h"
#include "engine/starlark/string_value.h"
#include "engine/starlark/value.h"

namespace cow::starlark {

struct Code;        // bytecode.h
struct ModuleData;  // module.h

class Cell final : public HeapObject {
 public:
  static constexpr Kind kKind = Kind::kCell;
  explicit Cell(Value initial) : HeapObject(kKind), value(initial) {}
  Value value;
};

class Function final : public HeapObject {
 public:
  static constexpr Kind kKind = Kind::kFunction;
  Function(const Code& code, ModuleData& module, const Value* defaults, Cell* const* captured)
      : HeapObject(kKind), code_(&code), module_(&module), defaults_(defaults),
        captured_(captured) {}

  // "lambda" for a lambda.
  std::string_view name() const;
  // Made by a def statement at top level of its file.
  bool IsGlobalDef() const;
  // Refers to variables of an enclosing function.
  bool IsClosure() const;
  // Where the def or lambda stands.
  Location location() const;
  // All parameters in order, without stars.
  std::vector<std::string_view> ParameterNames() const;
  bool HasRestPositional() const;  // *args
  bool HasRestNamed() const;       // **kwargs
  // The string literal that opens the body, or "".
  std::string_view doc() const;

  const Code& code() const { return *code_; }
  ModuleData& module() const { return *module_; }
  Value default_value(size_t index) const { return defaults_[index]; }
  Cell* captured(size_t index) const { return captured_[index]; }

 private:
  const Code* code_;
  ModuleData* module_;
  const Value* defaults_;
  Cell* const* captured_;
};

class Builtin final : public HeapObject {
 public:
  static constexpr Kind kKind = Kind::kBuiltin;
  // Heap::New<Builtin>(Intern("glob"), &Glob) or with a receiver, readable as args.receiver().
  Builtin(const String* name, BuiltinFunction implementation, Value receiver = Value())
      : HeapObject(kKind), name_(name), function_(implementation), receiver_(receiver) {}

  std::string_view name() const { return name_->view(); }
  const String* name_string() const { return name_; }
  BuiltinFunction function() const { return function_; }
  Value receiver() const { return receiver_; }  // unset: none

 private:
  const String* name_;
  BuiltinFunction function_;
  Value receiver_;
};

}  // namespace cow::starlark
