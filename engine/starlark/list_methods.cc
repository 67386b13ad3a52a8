#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/builtin_methods.h"
#include "engine/starlark/number_value.h"
#include "engine/starlark/operators.h"
#include "engine/starlark/work_meter.h"

namespace cow::starlark {

namespace {

using Result = absl::StatusOr<Value>;

Result Append(Thread&, const Arguments& args) {
  Value item;
  if (args.positional().size() == 1 && args.named().empty()) {
    item = args.positional()[0];
  } else {
    COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("item", &item))}));
  }
  COW_RETURN_IF_ERROR(args.Receiver<List>()->Append(item));
  return Value::None();
}

Result Clear(Thread&, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  COW_RETURN_IF_ERROR(args.Receiver<List>()->Clear());
  return Value::None();
}

Result Extend(Thread&, const Arguments& args) {
  Value items;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("items", &items))}));
  if (!IsIterable(items)) return NotIterable(items);
  List* list = args.Receiver<List>();
  COW_RETURN_IF_ERROR(list->CheckMutable("list"));
  COW_RETURN_IF_ERROR(CheckElements(Length(items), 3 * sizeof(Value)));
  COW_ASSIGN_OR_RETURN(std::vector<Value> elements, Elements(items));
  COW_RETURN_IF_ERROR(list->Extend(elements));
  return Value::None();
}

Result IndexOf(Thread&, const Arguments& args) {
  Value x;
  Value start;
  Value end;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("x", &x)),
                                        PositionalOnly(Optional("start", &start)),
                                        PositionalOnly(Optional("end", &end))}));
  const List& list = *args.Receiver<List>();
  const auto size = static_cast<int64_t>(list.size());
  COW_ASSIGN_OR_RETURN(int64_t from, ClampedIndex(start, size, 0, "start"));
  COW_ASSIGN_OR_RETURN(int64_t to, ClampedIndex(end, size, size, "end"));
  ElementCharge charge;
  for (int64_t i = from; i < to; ++i) {
    COW_RETURN_IF_ERROR(charge.Next());
    COW_ASSIGN_OR_RETURN(bool equal, Equals(list.at(static_cast<size_t>(i)), x));
    if (equal) return Value::SmallInt(i);
  }
  return absl::NotFoundError(absl::StrCat("item ", Repr(x), " not found in list"));
}

Result Insert(Thread&, const Arguments& args) {
  Value index;
  Value item;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("index", &index)),
                                        PositionalOnly(Required("item", &item))}));
  List* list = args.Receiver<List>();
  if (!IsInt(index)) {
    return absl::InvalidArgumentError(
        absl::StrCat("in call to insert(), parameter 'index' got value of type '", TypeName(index),
                     "', want 'int'"));
  }
  COW_ASSIGN_OR_RETURN(int64_t at,
                       ClampedIndex(index, static_cast<int64_t>(list->size()), 0, "index"));
  COW_RETURN_IF_ERROR(list->Insert(static_cast<size_t>(at), item));
  return Value::None();
}

Result Pop(Thread&, const Arguments& args) {
  Value index = Value::SmallInt(-1);
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Optional("i", &index))}));
  List* list = args.Receiver<List>();
  COW_RETURN_IF_ERROR(list->CheckMutable("list"));
  COW_ASSIGN_OR_RETURN(size_t at, ElementIndex(index, list->size()));
  const Value item = list->at(at);
  COW_RETURN_IF_ERROR(list->RemoveAt(at));
  return item;
}

Result Remove(Thread&, const Arguments& args) {
  Value x;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("x", &x))}));
  List* list = args.Receiver<List>();
  COW_RETURN_IF_ERROR(list->CheckMutable("list"));
  ElementCharge charge;
  for (size_t i = 0; i < list->size(); ++i) {
    COW_RETURN_IF_ERROR(charge.Next());
    COW_ASSIGN_OR_RETURN(bool equal, Equals(list->at(i), x));
    if (equal) {
      COW_RETURN_IF_ERROR(list->RemoveAt(i));
      return Value::None();
    }
  }
  return absl::NotFoundError(absl::StrCat("item ", Repr(x), " not found in list"));
}

}  // namespace

std::span<const MethodEntry> ListMethods() {
  static constexpr MethodEntry kMethods[] = {
      {"append", &Append}, {"clear", &Clear},   {"extend", &Extend}, {"index", &IndexOf},
      {"insert", &Insert}, {"pop", &Pop},       {"remove", &Remove},
  };
  return kMethods;
}

}  // namespace cow::starlark
