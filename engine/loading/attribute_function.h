// Functions of rules whose parameters are attributes: computed defaults, rule(outputs = f).
#pragma once

#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "engine/loading/attribute.h"
#include "engine/loading/attribute_conversion.h"
#include "engine/starlark/thread.h"
#include "engine/starlark/value.h"

namespace cow::loading {

// The value of an attribute; unset if there is none, which the function sees as None.
using AttributeLookup = absl::FunctionRef<starlark::Value(std::string_view name)>;

// Names of the attributes the function wants.
std::vector<std::string_view> FunctionParameters(starlark::Value function);

absl::StatusOr<starlark::Value> CallWithAttributes(starlark::Thread& thread, starlark::Value function,
                                                   AttributeLookup lookup);

// The default of an attribute with a function, converted. `context.what` is filled in here.
absl::StatusOr<starlark::Value> ComputeDefault(starlark::Thread& thread, const Attribute& attribute,
                                               std::string_view rule, AttributeLookup lookup,
                                               ConversionContext context);

}  // namespace cow::loading
