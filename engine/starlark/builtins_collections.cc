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
#include "engine/starlark/work_meter.h"

namespace cow::starlark {

namespace {

using Result = absl::StatusOr<Value>;

absl::StatusOr<Value> IterableArgument(const Arguments& args) {
  Value x;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("x", &x))}));
  if (!IsIterable(x)) return NotIterable(x);
  return x;
}

// The elements, if there is memory for so many bytes for each of them. Ranges may be far longer than
// memory.
absl::StatusOr<std::vector<Value>> BoundedElements(Value iterable, uint64_t bytes_each) {
  if (!IsIterable(iterable)) return NotIterable(iterable);
  COW_RETURN_IF_ERROR(CheckElements(Length(iterable), bytes_each));
  return Elements(iterable);
}
// For a copy to the heap.
constexpr uint64_t kCopied = 2 * sizeof(Value);
// A tuple of two in a list.
constexpr uint64_t kPair = sizeof(Tuple) + 4 * sizeof(Value);

Result AnyOrAll(const Arguments& args, bool decisive) {
  COW_ASSIGN_OR_RETURN(Value x, IterableArgument(args));
  bool decided = false;
  const absl::Status kFound = absl::AlreadyExistsError("");  // ends the loop
  absl::Status status = ForEach(x, [&](Value element) -> absl::Status {
    decided = Truth(element) == decisive;
    return decided ? kFound : absl::OkStatus();
  });
  if (!status.ok() && !decided) return status;
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
  COW_ASSIGN_OR_RETURN(std::vector<Value> elements, BoundedElements(x, kPair));
  COW_RETURN_IF_ERROR(ChargeWork(elements.size() / 2));
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
  COW_ASSIGN_OR_RETURN(std::vector<Value> elements, BoundedElements(x, kCopied));
  return thread.heap().NewList(elements);
}

Result MakeTuple(Thread& thread, const Arguments& args) {
  Value x;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Optional("x", &x))}));
  if (x.IsUnset()) return thread.heap().NewTuple({});
  if (x.Is(Kind::kTuple)) return x;
  COW_ASSIGN_OR_RETURN(std::vector<Value> elements, BoundedElements(x, kCopied));
  return thread.heap().NewTuple(elements);
}

Result MakeSet(Thread& thread, const Arguments& args) {
  Value x;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Optional("elements", &x))}));
  Set* set = thread.heap().NewSet();
  if (x.IsUnset()) return set;
  if (!IsIterable(x)) return NotIterable(x);
  COW_RETURN_IF_ERROR(ForEach(x, [&](Value element) { return set->Add(element); }));
  return set;
}

Result Extreme(Thread& thread, const Arguments& args, bool want_max) {
  std::vector<Value> values;
  Value key;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Rest(&values), Noneable(KwOptional("key", &key))}));
  std::optional<IterationLock> lock;  // while keys are computed
  HeldMemory held;
  if (values.size() == 1) {
    const Value iterable = values[0];
    COW_ASSIGN_OR_RETURN(values, BoundedElements(iterable, kCopied));
    lock.emplace(iterable);
    COW_RETURN_IF_ERROR(held.Add(values.size() * sizeof(Value)));
  }
  if (values.empty()) return absl::InvalidArgumentError("expected at least one item");
  Value best;
  Value best_key;
  for (Value value : values) {
    COW_RETURN_IF_ERROR(ChargeWork(1));
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
  COW_ASSIGN_OR_RETURN(std::vector<Value> elements, BoundedElements(x, kCopied));
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
  COW_ASSIGN_OR_RETURN(std::vector<Value> elements,
                       BoundedElements(iterable.value, kCopied + SortMemory(1)));
  HeldMemory held;
  COW_RETURN_IF_ERROR(held.Add(elements.size() * sizeof(Value) + SortMemory(elements.size())));
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

// One argument of zip(). A range is not copied: only as much of it counts as the shortest one has.
struct Column {
  const Range* range = nullptr;
  std::vector<Value> elements;

  Value at(size_t i) const {
    return range != nullptr ? Value::SmallInt(range->at(static_cast<int64_t>(i))) : elements[i];
  }
  size_t size() const {
    return range != nullptr ? static_cast<size_t>(range->size()) : elements.size();
  }
};

Result Zip(Thread& thread, const Arguments& args) {
  std::vector<Value> iterables;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Rest(&iterables)}));
  HeldMemory held;
  std::vector<Column> columns;
  size_t rows = 0;
  for (Value iterable : iterables) {
    Column column{iterable.As<Range>(), {}};
    if (column.range == nullptr) {
      COW_ASSIGN_OR_RETURN(column.elements, BoundedElements(iterable, sizeof(Value)));
      COW_RETURN_IF_ERROR(held.Add(column.elements.size() * sizeof(Value)));
    }
    rows = columns.empty() ? column.size() : std::min(rows, column.size());
    columns.push_back(std::move(column));
  }
  const uint64_t row_bytes = sizeof(Tuple) + (columns.size() + 1) * sizeof(Value);
  COW_RETURN_IF_ERROR(CheckElements(static_cast<int64_t>(rows), row_bytes));
  List* result = thread.heap().NewList();
  result->Reserve(rows);
  std::vector<Value> row(columns.size());
  for (size_t i = 0; i < rows; ++i) {
    COW_RETURN_IF_ERROR(ChargeWork(1 + WalkedElements(columns.size())));
    for (size_t c = 0; c < columns.size(); ++c) row[c] = columns[c].at(i);
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
    auto not_two = [&](int64_t length) {
      return absl::InvalidArgumentError(absl::StrCat("in ", function, ", item #", number,
                                                     " has length ", length,
                                                     ", but exactly two elements are required"));
    };
    if (Length(pair) >= 0 && Length(pair) != 2) return not_two(Length(pair));
    COW_ASSIGN_OR_RETURN(std::vector<Value> both, Elements(pair));
    if (both.size() != 2) return not_two(static_cast<int64_t>(both.size()));
    COW_RETURN_IF_ERROR(ChargeWork(2));
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
