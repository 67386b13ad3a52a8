// How UnpackArgs stores a Value into a slot of each C++ type. Included by arguments.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "engine/starlark/arguments.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/function_value.h"

namespace cow::starlark {

bool IsIterable(Value value);  // operations.h
bool IsCallable(Value value);

namespace internal {

bool StoreDouble(Value value, double* slot);

template <Kind kKind>
constexpr std::string_view KindName() {
  switch (kKind) {
    case Kind::kString: return "string";
    case Kind::kBytes: return "bytes";
    case Kind::kList: return "list";
    case Kind::kTuple: return "tuple";
    case Kind::kDict: return "dict";
    case Kind::kSet: return "set";
    case Kind::kRange: return "range";
    case Kind::kStruct: return "struct";
    case Kind::kFunction: return "function";
    default: return "value";
  }
}

template <typename T>
constexpr std::string_view ClassName() {
  if constexpr (std::is_base_of_v<HostObject, T>) {
    return T::kType.name;
  } else {
    return KindName<T::kKind>();
  }
}

// Pointers to object classes.
template <typename T>
struct SlotTraits<T*> {
  using Class = std::remove_const_t<T>;
  static constexpr bool kNoneAllowed = false;
  static constexpr std::string_view kExpected = ClassName<Class>();
  static bool Store(Value value, void* slot) {
    Class* object = value.As<Class>();
    if (object != nullptr) *static_cast<T**>(slot) = object;
    return object != nullptr;
  }
};

template <>
struct SlotTraits<Value> {
  static constexpr bool kNoneAllowed = false;
  static constexpr std::string_view kExpected = "value";
  static bool Store(Value value, void* slot) {
    *static_cast<Value*>(slot) = value;
    return true;
  }
};

template <>
struct SlotTraits<bool> {
  static constexpr bool kNoneAllowed = false;
  static constexpr std::string_view kExpected = "bool";
  static bool Store(Value value, void* slot) {
    if (value.IsBool()) *static_cast<bool*>(slot) = value.boolean();
    return value.IsBool();
  }
};

template <>
struct SlotTraits<int64_t> {
  static constexpr bool kNoneAllowed = false;
  static constexpr std::string_view kExpected = "int";
  static bool Store(Value value, void* slot) {
    std::optional<int64_t> number = value.ToInt64();
    if (number) *static_cast<int64_t*>(slot) = *number;
    return number.has_value();
  }
};

template <>
struct SlotTraits<int> {
  static constexpr bool kNoneAllowed = false;
  static constexpr std::string_view kExpected = "int";
  static bool Store(Value value, void* slot) {
    std::optional<int64_t> number = value.ToInt64();
    if (!number || *number != static_cast<int>(*number)) return false;
    *static_cast<int*>(slot) = static_cast<int>(*number);
    return true;
  }
};

template <>
struct SlotTraits<double> {
  static constexpr bool kNoneAllowed = false;
  static constexpr std::string_view kExpected = "float";
  static bool Store(Value value, void* slot) {
    return StoreDouble(value, static_cast<double*>(slot));
  }
};

template <>
struct SlotTraits<std::string_view> {
  static constexpr bool kNoneAllowed = false;
  static constexpr std::string_view kExpected = "string";
  static bool Store(Value value, void* slot) {
    const String* text = value.As<String>();
    if (text != nullptr) *static_cast<std::string_view*>(slot) = text->view();
    return text != nullptr;
  }
};

template <>
struct SlotTraits<std::string> {
  static constexpr bool kNoneAllowed = false;
  static constexpr std::string_view kExpected = "string";
  static bool Store(Value value, void* slot) {
    const String* text = value.As<String>();
    if (text != nullptr) *static_cast<std::string*>(slot) = text->str();
    return text != nullptr;
  }
};

template <>
struct SlotTraits<Iterable> {
  static constexpr bool kNoneAllowed = false;
  static constexpr std::string_view kExpected = "iterable";
  static bool Store(Value value, void* slot) {
    static_cast<Iterable*>(slot)->value = value;
    return IsIterable(value);
  }
};

template <>
struct SlotTraits<Callable> {
  static constexpr bool kNoneAllowed = false;
  static constexpr std::string_view kExpected = "function";
  static bool Store(Value value, void* slot) {
    static_cast<Callable*>(slot)->value = value;
    return IsCallable(value);
  }
};

template <typename T>
struct SlotTraits<std::optional<T>> {
  static constexpr bool kNoneAllowed = true;
  static constexpr std::string_view kExpected = SlotTraits<T>::kExpected;
  static bool Store(Value value, void* slot) {
    T inner{};
    if (!SlotTraits<T>::Store(value, &inner)) return false;
    *static_cast<std::optional<T>*>(slot) = std::move(inner);
    return true;
  }
};

}  // namespace internal

}  // namespace cow::starlark
