#include "engine/loading/attribute_function.h"

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/starlark/function_value.h"
#include "engine/starlark/operations.h"

namespace cow::loading {

using starlark::Value;

std::vector<std::string_view> FunctionParameters(Value function) {
  const auto* def = function.As<starlark::Function>();
  return def == nullptr ? std::vector<std::string_view>() : def->ParameterNames();
}

absl::StatusOr<Value> CallWithAttributes(starlark::Thread& thread, Value function, AttributeLookup lookup) {
  std::vector<starlark::NamedValue> named;
  for (std::string_view name : FunctionParameters(function)) {
    Value value = lookup(name);
    named.push_back({starlark::Intern(name), value.IsUnset() ? Value::None() : value});
  }
  return starlark::Call(thread, function, {}, named);
}

absl::StatusOr<Value> ComputeDefault(starlark::Thread& thread, const Attribute& attribute, std::string_view rule,
                                     AttributeLookup lookup, ConversionContext context) {
  COW_ASSIGN_OR_RETURN(Value made, CallWithAttributes(thread, attribute.computed_default, lookup));
  if (made.IsNone()) return EmptyValue(attribute.type, *context.heap);
  context.what = absl::StrCat("the computed default of attribute '", attribute.name, "' in '", rule, "' rule");
  return ConvertValue(attribute, made, context);
}

}  // namespace cow::loading
