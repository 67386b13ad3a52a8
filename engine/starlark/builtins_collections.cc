// Universal functions about collections.
#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/host_object.h"
#include "engine/starlark/number_value.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/operators.h"
#include "engine/starlark/sorting.h"
#include "engine/starlark/universe.h"

namespace cow::starlark {

namespace {

using Result = absl::StatusOr<Value>;

absl::StatusOr<Value> IterableArgument(const Arguments& args) {
  Value x;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("x", &x))}));
  if (!IsIterable(x)) return NotIterable(x);
  return x;
}

// Ranges may be far longer than memory.
absl::Status CheckRoomFor(Heap& heap, Value iterable) {
  const int64_t length = Length(iterable);
  return length <= 0 ? absl::OkStatus()
                     : heap.CheckRoom(static_cast<uint64_t>(length) * sizeof(Value));
}

absl::StatusOr<std::vector<Value>> BoundedElements(Heap& heap, Value iterable) {
  if (!IsIterable(iterable)) return NotIterable(iterable);
  COW_RETURN_IF_ERROR(CheckRoomFor(heap, iterable));
  return Elements(iterable);
}

Result AnyOrAll(const Arguments& args, bool decisive) {
  COW_ASSIGN_OR_RETURN(Value x, IterableArgument(args));
  bool decided = false;
  absl::Status status = ForEach(x, [&](Value element) -> absl::Status {
    decided = Truth(element) == decisive;
    return decided ? absl::CancelledError() : absl::OkStatus();
  });
  return Value::Bool(decided == decisive);
}

Result Any(Thread&, const Arguments& args) { return AnyOrAll(args, true); }
Result All(Thread&, const Arguments& args) { return AnyOrAll(args, false); }

Result MakeDict(Thread& thread, const Arguments& args) {
  Value pairs;
  std::vector<NamedValue> named;
  COW_RETURN_IF_ERROR(
      UnpackArgs(args, {PositionalOnly(Optional("pairs", &pairs)), KwRest(&named)}));
  Dict* dict = thread.heap().NewDict();
  if (!pairs.IsUnset()) {
    // A host object that has items() is a mapping.
    if (pairs.Is(Kind::kHost)) {
      COW_ASSIGN_OR_RETURN(Value items, GetAttr(thread, pairs, Intern("items")));
      if (!items.IsUnset()) {
        COW_ASSIGN_OR_RETURN(pairs, Call(thread, items, {}));
      }
    }
    COW_RETURN_IF_ERROR(UpdateDict(*dict, pairs, "dict"));
  }
  for (const NamedValue& entry : named) COW_RETURN_IF_ERROR(dict->Set(entry.name, entry.value));
  return dict;
}

Result Enumerate(Thread& thread, const Arguments& args) {
  Value x;
  Value start = Value::SmallInt(0);
  COW_RETURN_IF_ERROR(
      UnpackArgs(args, {PositionalOnly(Required("iterable", &x)), Optional("start", &start)}));
  const std::optional<int64_t> first = start.ToInt64();
  if (!first) {
    return absl::InvalidArgumentError(
        absl::StrCat("in call to enumerate(), parameter 'start' got value of type '",
                     TypeName(start), "', want 'int'"));
  }
  Heap& heap = thread.heap();
  COW_ASSIGN_OR_RETURN(std::vector<Value> elements, BoundedElements(heap, x));
  List* result = heap.NewList();
  result->Reserve(elements.size());
  int64_t number = *first;
  for (Value element : elements) {
    const Value pair[] = {heap.NewInt(number++), element};
    result->Push(heap.NewTuple(pair));
  }
  return result;
}

Result MakeList(Thread& thread, const Arguments& args) {
  Value x;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Optional("x", &x))}));
  if (x.IsUnset()) return thread.heap().NewList();
  COW_ASSIGN_OR_RETURN(std::vector<Value> elements, BoundedElements(thread.heap(), x));
  return thread.heap().NewList(elements);
}

Result MakeTuple(Thread& thread, const Arguments& args) {
  Value x;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Optional("x", &x))}));
  if (x.IsUnset()) return thread.heap().NewTuple({});
  if (x.Is(Kind::kTuple)) return x;
  COW_ASSIGN_OR_RETURN(std::vector<Value> elements, BoundedElements(thread.heap(), x));
  return thread.heap().NewTuple(elements);
}

Result MakeSet(Thread& thread, const Arguments& args) {
  Value x;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Optional("elements", &x))}));
  Set* set = thread.heap().NewSet();
  if (x.IsUnset()) return set;
  if (!IsIterable(x)) return NotIterable(x);
  COW_RETURN_IF_ERROR(CheckRoomFor(thread.heap(), x));
  COW_RETURN_IF_ERROR(ForEach(x, [&](Value element) { return set->Add(element); }));
  return set;
}

Result Extreme(Thread& thread, const Arguments& args, bool want_max) {
  std::vector<Value> values;
  Value key;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Rest(&values), Noneable(KwOptional("key", &key))}));
  std::optional<IterationLock> lock;  // while keys are computed
  if (values.size() == 1) {
    const Value iterable = values[0];
    COW_ASSIGN_OR_RETURN(values, BoundedElements(thread.heap(), iterable));
    lock.emplace(iterable);
  }
  if (values.empty()) return absl::InvalidArgumentError("expected at least one item");
  Value best;
  Value best_key;
  for (Value value : values) {
    Value value_key = value;
    if (!key.IsUnset()) {
      COW_ASSIGN_OR_RETURN(value_key, Call(thread, key, {&value, 1}));
    }
    if (!best.IsUnset()) {
      COW_ASSIGN_OR_RETURN(int order, Compare(value_key, best_key));
      if (want_max ? order <= 0 : order >= 0) continue;
    }
    best = value;
    best_key = value_key;
  }
  return best;
}

Result Max(Thread& thread, const Arguments& args) { return Extreme(thread, args, true); }
Result Min(Thread& thread, const Arguments& args) { return Extreme(thread, args, false); }

absl::StatusOr<int64_t> RangeBound(Value value, std::string_view name) {
  constexpr int64_t kLimit = int64_t{1} << 60;
  if (!IsInt(value)) {
    return absl::InvalidArgumentError(absl::StrCat("in call to range(), parameter '", name,
                                                   "' got value of type '", TypeName(value),
                                                   "', want 'int'"));
  }
  if (!value.IsSmallInt() || value.small_int() < -kLimit || value.small_int() > kLimit) {
    return absl::InvalidArgumentError(
        absl::StrCat("got ", IntToString(value), " for ", name, ", which is out of range"));
  }
  return value.small_int();
}

Result MakeRange(Thread& thread, const Arguments& args) {
  Value first;
  Value second;
  Value step_value = Value::SmallInt(1);
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("start_or_stop", &first)),
                                        PositionalOnly(Noneable(Optional("stop", &second))),
                                        PositionalOnly(Optional("step", &step_value))}));
  COW_ASSIGN_OR_RETURN(int64_t start, RangeBound(first, "start_or_stop"));
  int64_t stop = start;
  if (second.IsUnset()) {
    start = 0;
  } else {
    COW_ASSIGN_OR_RETURN(stop, RangeBound(second, "stop"));
  }
  COW_ASSIGN_OR_RETURN(int64_t step, RangeBound(step_value, "step"));
  if (step == 0) return absl::InvalidArgumentError("step cannot be 0");
  return thread.heap().New<Range>(start, stop, step);
}

Result Reversed(Thread& thread, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(Value x, IterableArgument(args));
  COW_ASSIGN_OR_RETURN(std::vector<Value> elements, BoundedElements(thread.heap(), x));
  std::reverse(elements.begin(), elements.end());
  return thread.heap().NewList(elements);
}

Result Sorted(Thread& thread, const Arguments& args) {
  Iterable iterable;
  Value key;
  bool reverse = false;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("iterable", &iterable)),
                                        Noneable(KwOptional("key", &key)),
                                        KwOptional("reverse", &reverse)}));
  COW_ASSIGN_OR_RETURN(std::vector<Value> elements, BoundedElements(thread.heap(), iterable.value));
  std::vector<SortItem> items;
  items.reserve(elements.size());
  {
    IterationLock lock(iterable.value);
    for (Value element : elements) {
      Value element_key = element;
      if (!key.IsUnset()) {
        COW_ASSIGN_OR_RETURN(element_key, Call(thread, key, {&element, 1}));
      }
      items.push_back({element_key, element});
    }
  }
  COW_RETURN_IF_ERROR(SortStably(items, reverse));
  List* result = thread.heap().NewList();
  result->Reserve(items.size());
  for (const SortItem& item : items) result->Push(item.value);
  return result;
}

Result Zip(Thread& thread, const Arguments& args) {
  std::vector<Value> iterables;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Rest(&iterables)}));
  std::vector<std::vector<Value>> columns;
  size_t rows = 0;
  for (Value iterable : iterables) {
    COW_ASSIGN_OR_RETURN(std::vector<Value> column, BoundedElements(thread.heap(), iterable));
    rows = columns.empty() ? column.size() : std::min(rows, column.size());
    columns.push_back(std::move(column));
  }
  List* result = thread.heap().NewList();
  result->Reserve(rows);
  std::vector<Value> row(columns.size());
  for (size_t i = 0; i < rows; ++i) {
    for (size_t c = 0; c < columns.size(); ++c) row[c] = columns[c][i];
    result->Push(thread.heap().NewTuple(row));
  }
  return result;
}

}  // namespace

absl::Status UpdateDict(Dict& dict, Value pairs, std::string_view function) {
  if (const Dict* other = pairs.As<Dict>()) return dict.Merge(*other);
  if (!IsIterable(pairs)) {
    return absl::InvalidArgumentError(
        absl::StrCat("in ", function, ", got ", TypeName(pairs), ", want iterable"));
  }
  size_t number = 0;
  return ForEach(pairs, [&](Value pair) -> absl::Status {
    if (!IsIterable(pair)) {
      return absl::InvalidArgumentError(
          absl::StrCat("in ", function, ", dictionary update sequence element #", number,
                       " is not iterable (", TypeName(pair), ")"));
    }
    COW_ASSIGN_OR_RETURN(std::vector<Value> both, Elements(pair));
    if (both.size() != 2) {
      return absl::InvalidArgumentError(absl::StrCat("in ", function, ", item #", number,
                                                     " has length ", both.size(),
                                                     ", but exactly two elements are required"));
    }
    ++number;
    return dict.Set(both[0], both[1]);
  });
}

std::span<const MethodEntry> CollectionFunctions() {
  static constexpr MethodEntry kFunctions[] = {
      {"all", &All},       {"any", &Any},     {"dict", &MakeDict},    {"enumerate", &Enumerate},
      {"list", &MakeList}, {"max", &Max},     {"min", &Min},          {"range", &MakeRange},
      {"reversed", &Reversed}, {"set", &MakeSet}, {"sorted", &Sorted}, {"tuple", &MakeTuple},
      {"zip", &Zip},
  };
  return kFunctions;
}

}  // namespace cow::starlark
