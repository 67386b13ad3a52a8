// What Starlark's operators and generic functions do, for hosts: repr, truth, equality, iteration,
// attributes, calls. Failures are plain messages, except those of Call, which carry a traceback.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/starlark/host_object.h"
#include "engine/starlark/sequence_value.h"
#include "engine/starlark/string_value.h"
#include "engine/starlark/struct_value.h"
#include "engine/starlark/thread.h"
#include "engine/starlark/value.h"

namespace cow::starlark {

// Text. Cyclic values print "..." where they repeat; very deep ones are cut off likewise.
std::string Repr(Value value);
std::string Str(Value value);
void AppendRepr(Value value, std::string& out);
void AppendStr(Value value, std::string& out);
std::string_view TypeName(Value value);

bool Truth(Value value);

// Failures: too deeply nested; for Compare also "unsupported comparison: int <=> string".
absl::StatusOr<bool> Equals(Value a, Value b);
absl::StatusOr<int> Compare(Value a, Value b);
// Equal values have equal hashes. Fails with "unhashable type: 'list'".
absl::StatusOr<uint32_t> Hash(Value value);
absl::Status CheckHashable(Value value);

// Length of a string or collection, -1 for others.
int64_t Length(Value value);

bool IsIterable(Value value);
bool IsCallable(Value value);
// Calls `visit` for each element; the value is locked against mutation meanwhile.
// "type 'int' is not iterable" if it is not.
absl::Status ForEach(Value iterable, absl::FunctionRef<absl::Status(Value)> visit);
// Fails if there is no memory for so many elements; a negative number means none.
absl::Status CheckElements(int64_t length, uint64_t bytes_each);
// The elements, copied.
absl::StatusOr<std::vector<Value>> Elements(Value iterable);

// x.name; unset if there is no such attribute. `name` is interned.
absl::StatusOr<Value> GetAttr(Thread& thread, Value value, const String* name);
std::vector<std::string> AttrNames(Value value);  // sorted
// x[key], key in x, a OP b.
absl::StatusOr<Value> Index(Thread& thread, Value value, Value key);
absl::StatusOr<bool> Contains(Thread& thread, Value container, Value element);
absl::StatusOr<Value> Binary(Thread& thread, BinaryOp op, Value left, Value right);

// Calls a function, builtin or callable host object. New values go to thread.heap().
absl::StatusOr<Value> Call(Thread& thread, Value function, std::span<const Value> positional,
                           std::span<const NamedValue> named = {});

// JSON as json.encode writes it: dict keys sorted, structs as objects.
absl::StatusOr<std::string> JsonEncode(Value value);
absl::StatusOr<Value> JsonDecode(Heap& heap, std::string_view text);

}  // namespace cow::starlark
