// The methods of built-in types, found in O(1): every name of a built-in method has a number,
// stored in its interned String, which indexes one table per type.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/starlark/host_object.h"
#include "engine/starlark/value.h"

namespace cow::starlark {

struct MethodEntry {
  std::string_view name;
  BuiltinFunction function;
};

// Each defined in the file of its type.
std::span<const MethodEntry> StringMethods();
std::span<const MethodEntry> BytesMethods();
std::span<const MethodEntry> ListMethods();
std::span<const MethodEntry> DictMethods();
std::span<const MethodEntry> SetMethods();

struct BuiltinMethod {
  const String* name = nullptr;
  BuiltinFunction function = nullptr;
};

// nullptr if values of this kind have no such method. `name` is interned.
const BuiltinMethod* FindMethod(Kind kind, const String* name);
// Sorted.
std::vector<std::string> MethodNames(Kind kind);

}  // namespace cow::starlark
