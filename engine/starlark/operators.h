// Operators beyond those in operations.h, for the interpreter and the builtins.
#pragma once

#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/value.h"

namespace cow::starlark {

// x op= y for + and |, which change a list, dict or set in place.
absl::StatusOr<Value> InplaceBinary(Thread& thread, BinaryOp op, Value left, Value right);
absl::StatusOr<Value> Negate(Heap& heap, Value value);
absl::StatusOr<Value> Plus(Value value);
absl::StatusOr<Value> Invert(Heap& heap, Value value);
absl::Status SetIndex(Value object, Value key, Value value);
absl::StatusOr<Value> Slice(Heap& heap, Value object, Value from, Value to, Value step);
// "'X' value has no field or method 'y' (did you mean 'z'?)".
absl::Status NoSuchAttribute(Value value, std::string_view name);
absl::Status NotIterable(Value value);

// dict.update(pairs), as dict() and the method do it; `function` names which in messages.
absl::Status UpdateDict(Dict& dict, Value pairs, std::string_view function);

// string % value.
absl::StatusOr<Value> FormatPercent(Heap& heap, std::string_view format, Value operand);

// x * n for strings, lists, tuples and bytes.
absl::StatusOr<Value> Repeat(Heap& heap, Value sequence, Value count);

// An index given by a program: negative ones count from the end. Error if out of [0, size).
absl::StatusOr<size_t> ElementIndex(Value key, size_t size);
// A bound of a slice or of find(): None is `absent`; clamped into [0, size].
absl::StatusOr<int64_t> ClampedIndex(Value bound, int64_t size, int64_t absent,
                                     std::string_view what);

}  // namespace cow::starlark
