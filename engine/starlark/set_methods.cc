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

// `value` as a set: itself, or a new one of its elements.
absl::StatusOr<Set*> AsSet(Heap& heap, Value value) {
  if (Set* set = value.As<Set>()) return set;
  if (!IsIterable(value)) return NotIterable(value);
  Set* set = heap.NewSet();
  COW_RETURN_IF_ERROR(ForEach(value, [&](Value element) { return set->Add(element); }));
  return set;
}

absl::StatusOr<Value> One(const Arguments& args, std::string_view name) {
  Value x;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required(name, &x))}));
  return x;
}

absl::StatusOr<Set*> CopyOf(Heap& heap, const Set& set) {
  COW_RETURN_IF_ERROR(ChargeWork(4 * set.table().WalkWork()));
  COW_RETURN_IF_ERROR(CheckWorkingMemory(HashTable::BytesFor(2 * uint64_t{set.size()})));
  Set* copy = heap.NewSet();
  for (const auto& entry : set) copy->table().Append(heap, entry.key, entry.hash, entry.value);
  return copy;
}

Result Add(Thread&, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(Value x, One(args, "element"));
  COW_RETURN_IF_ERROR(args.Receiver<Set>()->Add(x));
  return Value::None();
}

Result Clear(Thread&, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  COW_RETURN_IF_ERROR(args.Receiver<Set>()->Clear());
  return Value::None();
}

Result Discard(Thread&, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(Value x, One(args, "element"));
  COW_RETURN_IF_ERROR(args.Receiver<Set>()->Remove(x).status());
  return Value::None();
}

Result Remove(Thread&, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(Value x, One(args, "element"));
  COW_ASSIGN_OR_RETURN(bool found, args.Receiver<Set>()->Remove(x));
  if (!found) return absl::NotFoundError(absl::StrCat("element ", Repr(x), " not found in set"));
  return Value::None();
}

Result Pop(Thread&, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  Set* set = args.Receiver<Set>();
  COW_RETURN_IF_ERROR(set->CheckMutable("set"));
  if (set->size() == 0) return absl::NotFoundError("set is empty");
  const Value first = set->begin()->key;
  COW_RETURN_IF_ERROR(set->Remove(first).status());
  return first;
}

// union, intersection, difference of this and each of any number of iterables.
Result Combine(Thread& thread, const Arguments& args, BinaryOp op) {
  COW_RETURN_IF_ERROR(args.RejectNamed());
  COW_ASSIGN_OR_RETURN(Value result, CopyOf(thread.heap(), *args.Receiver<Set>()));
  for (Value other : args.positional()) {
    COW_ASSIGN_OR_RETURN(Set * set, AsSet(thread.heap(), other));
    COW_ASSIGN_OR_RETURN(result, Binary(thread, op, result, set));
  }
  return result;
}

Result Union(Thread& thread, const Arguments& args) { return Combine(thread, args, BinaryOp::kOr); }
Result Intersection(Thread& thread, const Arguments& args) {
  return Combine(thread, args, BinaryOp::kAnd);
}
Result Difference(Thread& thread, const Arguments& args) {
  return Combine(thread, args, BinaryOp::kSub);
}
Result SymmetricDifference(Thread& thread, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(Value other, One(args, "other"));
  COW_ASSIGN_OR_RETURN(Set * set, AsSet(thread.heap(), other));
  return Binary(thread, BinaryOp::kXor, args.receiver(), set);
}

// Makes this set what the operation gives.
Result CombineInPlace(Thread& thread, const Arguments& args, BinaryOp op) {
  COW_RETURN_IF_ERROR(args.RejectNamed());
  Set* set = args.Receiver<Set>();
  COW_RETURN_IF_ERROR(set->CheckMutable("set"));
  COW_ASSIGN_OR_RETURN(Value result, Combine(thread, args, op));
  COW_RETURN_IF_ERROR(set->Clear());
  COW_RETURN_IF_ERROR(ForEach(result, [&](Value element) { return set->Add(element); }));
  return Value::None();
}

Result Update(Thread&, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectNamed());
  Set* set = args.Receiver<Set>();
  COW_RETURN_IF_ERROR(set->CheckMutable("set"));
  for (Value other : args.positional()) {
    if (!IsIterable(other)) return NotIterable(other);
    if (other.IsSame(args.receiver())) continue;
    COW_RETURN_IF_ERROR(ForEach(other, [&](Value element) { return set->Add(element); }));
  }
  return Value::None();
}

Result IntersectionUpdate(Thread& thread, const Arguments& args) {
  return CombineInPlace(thread, args, BinaryOp::kAnd);
}
Result DifferenceUpdate(Thread& thread, const Arguments& args) {
  return CombineInPlace(thread, args, BinaryOp::kSub);
}
Result SymmetricDifferenceUpdate(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(One(args, "other").status());
  return CombineInPlace(thread, args, BinaryOp::kXor);
}

absl::StatusOr<bool> IsPartOf(const Set& part, const Set& whole) {
  COW_RETURN_IF_ERROR(ChargeWork(part.table().HoleWork()));
  ElementCharge charge(4);
  for (const auto& entry : part) {
    COW_RETURN_IF_ERROR(charge.Next());
    COW_ASSIGN_OR_RETURN(bool found, whole.Contains(entry.key));
    if (!found) return false;
  }
  return true;
}

Result IsSubset(Thread& thread, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(Value other, One(args, "other"));
  COW_ASSIGN_OR_RETURN(Set * set, AsSet(thread.heap(), other));
  COW_ASSIGN_OR_RETURN(bool part, IsPartOf(*args.Receiver<Set>(), *set));
  return Value::Bool(part);
}

Result IsSuperset(Thread& thread, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(Value other, One(args, "other"));
  COW_ASSIGN_OR_RETURN(Set * set, AsSet(thread.heap(), other));
  COW_ASSIGN_OR_RETURN(bool part, IsPartOf(*set, *args.Receiver<Set>()));
  return Value::Bool(part);
}

Result IsDisjoint(Thread& thread, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(Value other, One(args, "other"));
  COW_ASSIGN_OR_RETURN(Set * set, AsSet(thread.heap(), other));
  COW_RETURN_IF_ERROR(ChargeWork(set->table().HoleWork()));
  ElementCharge charge(4);
  for (const auto& entry : *set) {
    COW_RETURN_IF_ERROR(charge.Next());
    COW_ASSIGN_OR_RETURN(bool found, args.Receiver<Set>()->Contains(entry.key));
    if (found) return Value::Bool(false);
  }
  return Value::Bool(true);
}

}  // namespace

std::span<const MethodEntry> SetMethods() {
  static constexpr MethodEntry kMethods[] = {
      {"add", &Add},
      {"clear", &Clear},
      {"difference", &Difference},
      {"difference_update", &DifferenceUpdate},
      {"discard", &Discard},
      {"intersection", &Intersection},
      {"intersection_update", &IntersectionUpdate},
      {"isdisjoint", &IsDisjoint},
      {"issubset", &IsSubset},
      {"issuperset", &IsSuperset},
      {"pop", &Pop},
      {"remove", &Remove},
      {"symmetric_difference", &SymmetricDifference},
      {"symmetric_difference_update", &SymmetricDifferenceUpdate},
      {"union", &Union},
      {"update", &Update},
  };
  return kMethods;
}

}  // namespace cow::starlark
