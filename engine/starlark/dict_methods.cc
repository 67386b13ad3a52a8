#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/builtin_methods.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/operators.h"
#include "engine/starlark/work_meter.h"

namespace cow::starlark {

namespace {

using Result = absl::StatusOr<Value>;

// Charges for a list of something for each entry.
absl::Status CheckCopy(const Dict& dict, uint64_t bytes_each) {
  COW_RETURN_IF_ERROR(ChargeWork(dict.table().WalkWork()));
  return CheckElements(static_cast<int64_t>(dict.size()), bytes_each);
}

Result Clear(Thread&, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  COW_RETURN_IF_ERROR(args.Receiver<Dict>()->Clear());
  return Value::None();
}

Result Get(Thread&, const Arguments& args) {
  Value key;
  Value fallback = Value::None();
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("key", &key)),
                                        PositionalOnly(Optional("default", &fallback))}));
  COW_ASSIGN_OR_RETURN(Value value, args.Receiver<Dict>()->Find(key));
  return value.IsUnset() ? fallback : value;
}

Result Items(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  const Dict& dict = *args.Receiver<Dict>();
  COW_RETURN_IF_ERROR(CheckCopy(dict, sizeof(Tuple) + 3 * sizeof(Value)));
  COW_RETURN_IF_ERROR(ChargeWork(dict.size() / 2));
  List* result = thread.heap().NewList();
  result->Reserve(dict.size());
  for (const auto& entry : dict) {
    const Value pair[] = {entry.key, entry.value};
    result->Push(thread.heap().NewTuple(pair));
  }
  return result;
}

Result Keys(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  const Dict& dict = *args.Receiver<Dict>();
  COW_RETURN_IF_ERROR(CheckCopy(dict, sizeof(Value)));
  List* result = thread.heap().NewList();
  result->Reserve(dict.size());
  for (const auto& entry : dict) result->Push(entry.key);
  return result;
}

Result Values(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  const Dict& dict = *args.Receiver<Dict>();
  COW_RETURN_IF_ERROR(CheckCopy(dict, sizeof(Value)));
  List* result = thread.heap().NewList();
  result->Reserve(dict.size());
  for (const auto& entry : dict) result->Push(entry.value);
  return result;
}

Result Pop(Thread&, const Arguments& args) {
  Value key;
  Value fallback;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("key", &key)),
                                        PositionalOnly(Optional("default", &fallback))}));
  COW_ASSIGN_OR_RETURN(Value value, args.Receiver<Dict>()->Remove(key));
  if (!value.IsUnset()) return value;
  if (!fallback.IsUnset()) return fallback;
  return absl::NotFoundError(absl::StrCat("KeyError: ", Repr(key)));
}

Result PopItem(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  Dict* dict = args.Receiver<Dict>();
  COW_RETURN_IF_ERROR(dict->CheckMutable("dict"));
  if (dict->size() == 0) return absl::NotFoundError("popitem: empty dictionary");
  const HashTable::Entry& first = *dict->begin();
  const Value pair[] = {first.key, first.value};
  COW_RETURN_IF_ERROR(dict->Remove(first.key).status());
  return thread.heap().NewTuple(pair);
}

Result SetDefault(Thread&, const Arguments& args) {
  Value key;
  Value fallback = Value::None();
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("key", &key)),
                                        PositionalOnly(Optional("default", &fallback))}));
  Dict* dict = args.Receiver<Dict>();
  COW_ASSIGN_OR_RETURN(Value value, dict->Find(key));
  if (!value.IsUnset()) return value;
  COW_RETURN_IF_ERROR(dict->Set(key, fallback));
  return fallback;
}

Result Update(Thread&, const Arguments& args) {
  Value pairs;
  std::vector<NamedValue> named;
  COW_RETURN_IF_ERROR(
      UnpackArgs(args, {PositionalOnly(Optional("pairs", &pairs)), KwRest(&named)}));
  Dict* dict = args.Receiver<Dict>();
  COW_RETURN_IF_ERROR(dict->CheckMutable("dict"));
  if (!pairs.IsUnset()) COW_RETURN_IF_ERROR(UpdateDict(*dict, pairs, "update"));
  for (const NamedValue& entry : named) COW_RETURN_IF_ERROR(dict->Set(entry.name, entry.value));
  return Value::None();
}

}  // namespace

std::span<const MethodEntry> DictMethods() {
  static constexpr MethodEntry kMethods[] = {
      {"clear", &Clear}, {"get", &Get},         {"items", &Items},
      {"keys", &Keys},   {"pop", &Pop},         {"popitem", &PopItem},
      {"setdefault", &SetDefault}, {"update", &Update}, {"values", &Values},
  };
  return kMethods;
}

}  // namespace cow::starlark
