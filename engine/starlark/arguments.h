// Arguments: what a call passes to a builtin; UnpackArgs: takes them apart with uniform errors.
//
//   absl::StatusOr<Value> Glob(Thread& thread, const Arguments& args) {
//     List* include;
//     List* exclude = nullptr;
//     bool allow_empty = false;
//     COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("include", &include),
//                                           Optional("exclude", &exclude),
//                                           KwOptional("allow_empty", &allow_empty)}));
//
// Slots: Value (anything), bool, int, int64_t, double (float or int), std::string,
// std::string_view, const String*, List*, Tuple*, Dict*, Set*, Function*, Struct*, a HostObject
// subclass*, Iterable, Callable, and std::optional<slot> or Noneable(&slot) where None means "leave
// it alone". Wrong type: in call to glob(), parameter 'include' got value of type 'int', want
// 'list'.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/starlark/host_object.h"
#include "engine/starlark/sequence_value.h"
#include "engine/starlark/struct_value.h"
#include "engine/starlark/value.h"

namespace cow::starlark {

class Dict;
class Function;
class Set;

// Valid during the call only; the values themselves live in heaps.
class Arguments {
 public:
  Arguments(std::string_view function_name, Value receiver, std::span<const Value> positional,
            std::span<const NamedValue> named)
      : function_name_(function_name), receiver_(receiver), positional_(positional),
        named_(named) {}

  std::string_view function_name() const { return function_name_; }
  // The bound object of a method or Builtin; unset if none.
  Value receiver() const { return receiver_; }
  template <typename T>
  T* Receiver() const { return receiver_.As<T>(); }

  std::span<const Value> positional() const { return positional_; }
  // In call order; each name at most once.
  std::span<const NamedValue> named() const { return named_; }
  Value FindNamed(std::string_view name) const;  // unset if absent

  // "f() got unexpected keyword argument: x" if there are any named ones.
  absl::Status RejectNamed() const;
  absl::Status RejectAll() const;

 private:
  std::string_view function_name_;
  Value receiver_;
  std::span<const Value> positional_;
  std::span<const NamedValue> named_;
};

// Slot types that are checked but stay Values.
struct Iterable {
  Value value;
};
struct Callable {
  Value value;
};

// One declared parameter. Made by the functions below.
struct Param {
  enum class Mode : uint8_t { kRequired, kOptional, kKwRequired, kKwOptional, kRest, kKwRest };
  Mode mode;
  bool none_allowed;
  bool positional_only;
  std::string_view name;
  void* slot;
  bool (*store)(Value value, void* slot);  // false: wrong type
  std::string_view expected;
};

namespace internal {
template <typename T>
struct SlotTraits;  // arguments_slots.h
}  // namespace internal

template <typename T>
Param MakeParam(Param::Mode mode, std::string_view name, T* slot, bool none_allowed = false) {
  return {mode, none_allowed || internal::SlotTraits<T>::kNoneAllowed, false, name, slot,
          &internal::SlotTraits<T>::Store, internal::SlotTraits<T>::kExpected};
}
template <typename T>
Param Required(std::string_view name, T* slot) {
  return MakeParam(Param::Mode::kRequired, name, slot);
}
template <typename T>
Param Optional(std::string_view name, T* slot) {
  return MakeParam(Param::Mode::kOptional, name, slot);
}
// Keyword-only parameters; they come after the positional ones.
template <typename T>
Param KwRequired(std::string_view name, T* slot) {
  return MakeParam(Param::Mode::kKwRequired, name, slot);
}
template <typename T>
Param KwOptional(std::string_view name, T* slot) {
  return MakeParam(Param::Mode::kKwOptional, name, slot);
}
// None is accepted and leaves the slot as it was: Noneable(Optional("doc", &doc)).
inline Param Noneable(Param param) {
  param.none_allowed = true;
  return param;
}
// The parameter cannot be given by name.
inline Param PositionalOnly(Param param) {
  param.positional_only = true;
  return param;
}
// *args and **kwargs. Named ones keep call order.
Param Rest(std::vector<Value>* slot);
Param KwRest(std::vector<NamedValue>* slot);

// At most 64 parameters. Fills the slots of those that were given; those of absent optional ones
// stay as they are.
absl::Status UnpackArgs(const Arguments& args, std::initializer_list<Param> params);

}  // namespace cow::starlark

#include "engine/starlark/arguments_slots.h"
