// Truth, equality, order and hash of values.
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/elems_value.h"
#include "engine/starlark/function_value.h"
#include "engine/starlark/number_value.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/work_meter.h"

namespace cow::starlark {

namespace {

constexpr int kMaxDepth = 1000;

absl::Status TooDeep(std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(what, " exceeded maximum recursion depth"));
}

// Before the i-th part of a value is looked at. Charges for some at once, but for the first always:
// values that share parts are walked again for each place they appear in.
absl::Status ChargeElement(size_t i) {
  return (i & 7) == 0 ? ChargeWork(2) : absl::OkStatus();
}

absl::StatusOr<bool> EqualsAt(Value a, Value b, int depth);
absl::StatusOr<int> CompareAt(Value a, Value b, int depth);
absl::StatusOr<uint32_t> HashAt(Value value, int depth);

absl::StatusOr<bool> SequencesEqual(std::span<const Value> a, std::span<const Value> b, int depth) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    COW_RETURN_IF_ERROR(ChargeElement(i));
    COW_ASSIGN_OR_RETURN(bool equal, EqualsAt(a[i], b[i], depth + 1));
    if (!equal) return false;
  }
  return true;
}

absl::StatusOr<bool> TablesEqual(const HashTable& a, const HashTable& b, int depth) {
  if (a.size() != b.size()) return false;
  COW_RETURN_IF_ERROR(ChargeWork(1 + a.HoleWork()));
  ElementCharge charge(8);
  for (EntryIterator at(a.begin_entry(), a.end_entry()), end(a.end_entry(), a.end_entry());
       !(at == end); ++at) {
    COW_RETURN_IF_ERROR(charge.Next());
    COW_ASSIGN_OR_RETURN(HashTable::Entry * other, b.Find(at->key, at->hash));
    if (other == nullptr) return false;
    COW_ASSIGN_OR_RETURN(bool equal, EqualsAt(at->value, other->value, depth + 1));
    if (!equal) return false;
  }
  return true;
}

absl::StatusOr<bool> StructsEqual(const Struct& a, const Struct& b, int depth) {
  if (!a.constructor().IsSame(b.constructor())) return false;
  if (a.fields().size() != b.fields().size()) return false;
  for (size_t i = 0; i < a.fields().size(); ++i) {
    COW_RETURN_IF_ERROR(ChargeElement(i));
    if (!SameText(*a.fields()[i].name, *b.fields()[i].name)) return false;
    COW_ASSIGN_OR_RETURN(bool equal, EqualsAt(a.fields()[i].value, b.fields()[i].value, depth + 1));
    if (!equal) return false;
  }
  return true;
}

bool RangesEqual(const Range& a, const Range& b) {
  if (a.size() != b.size()) return false;
  if (a.size() == 0) return true;
  return a.start() == b.start() && (a.size() == 1 || a.step() == b.step());
}

// NaN is equal to itself and greater than all others: the order is total.
int CompareDoubles(double a, double b) {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a == b) return 0;
  return static_cast<int>(std::isnan(a)) - static_cast<int>(std::isnan(b));
}

int CompareNumbers(Value a, Value b) {
  if (IsInt(a) && IsInt(b)) return IntCompare(a, b);
  if (IsFloat(a) && IsFloat(b)) return CompareDoubles(FloatOf(a), FloatOf(b));
  if (IsInt(a)) return std::isnan(FloatOf(b)) ? -1 : IntCompareFloat(a, FloatOf(b));
  return std::isnan(FloatOf(a)) ? 1 : -IntCompareFloat(b, FloatOf(a));
}

bool IsNumber(Value value) { return IsInt(value) || IsFloat(value); }

absl::StatusOr<bool> EqualsAt(Value a, Value b, int depth) {
  if (a.IsSame(b)) return true;
  if (depth > kMaxDepth) return TooDeep("comparison");
  if (IsNumber(a) && IsNumber(b)) return CompareNumbers(a, b) == 0;
  if (!a.IsObject() || !b.IsObject() || a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::kString: return SameText(*a.As<String>(), *b.As<String>());
    case Kind::kBytes:
      if (Length(a) != Length(b)) return false;
      NoteWork(BulkBytes(static_cast<uint64_t>(Length(a))));
      return a.As<Bytes>()->view() == b.As<Bytes>()->view();
    case Kind::kList:
      return SequencesEqual(a.As<List>()->elements(), b.As<List>()->elements(), depth);
    case Kind::kTuple:
      return SequencesEqual(a.As<Tuple>()->elements(), b.As<Tuple>()->elements(), depth);
    case Kind::kDict: return TablesEqual(a.As<Dict>()->table(), b.As<Dict>()->table(), depth);
    case Kind::kSet: return TablesEqual(a.As<Set>()->table(), b.As<Set>()->table(), depth);
    case Kind::kRange: return RangesEqual(*a.As<Range>(), *b.As<Range>());
    case Kind::kStruct: return StructsEqual(*a.As<Struct>(), *b.As<Struct>(), depth);
    case Kind::kBuiltin: {
      const Builtin* x = a.As<Builtin>();
      const Builtin* y = b.As<Builtin>();
      return x->function() == y->function() && x->name_string() == y->name_string() &&
             x->receiver().IsSame(y->receiver()) && !x->receiver().IsUnset();
    }
    case Kind::kHost: {
      auto* x = static_cast<HostObject*>(a.object());
      auto* y = static_cast<HostObject*>(b.object());
      if (&x->type() != &y->type()) return false;
      return x->Equals(*y);
    }
    default: return false;
  }
}

absl::StatusOr<int> CompareSequences(std::span<const Value> a, std::span<const Value> b,
                                     int depth) {
  for (size_t i = 0; i < a.size() && i < b.size(); ++i) {
    COW_RETURN_IF_ERROR(ChargeElement(i));
    COW_ASSIGN_OR_RETURN(bool equal, EqualsAt(a[i], b[i], depth + 1));
    if (!equal) return CompareAt(a[i], b[i], depth + 1);
  }
  return a.size() < b.size() ? -1 : (a.size() > b.size() ? 1 : 0);
}

absl::Status Unordered(Value a, Value b) {
  return absl::InvalidArgumentError(
      absl::StrCat("unsupported comparison: ", TypeName(a), " <=> ", TypeName(b)));
}

int Sign(int order) { return order < 0 ? -1 : (order > 0 ? 1 : 0); }

int CompareText(std::string_view a, std::string_view b) {
  NoteWork(BulkBytes(std::min(a.size(), b.size())));
  return Sign(a.compare(b));
}

absl::StatusOr<int> CompareAt(Value a, Value b, int depth) {
  if (depth > kMaxDepth) return TooDeep("comparison");
  if (IsNumber(a) && IsNumber(b)) return CompareNumbers(a, b);
  if (a.kind() != b.kind()) return Unordered(a, b);
  switch (a.kind()) {
    case Kind::kBool: return static_cast<int>(a.boolean()) - static_cast<int>(b.boolean());
    case Kind::kString: return CompareText(a.As<String>()->view(), b.As<String>()->view());
    case Kind::kBytes: return CompareText(a.As<Bytes>()->view(), b.As<Bytes>()->view());
    case Kind::kList:
      return CompareSequences(a.As<List>()->elements(), b.As<List>()->elements(), depth);
    case Kind::kTuple:
      return CompareSequences(a.As<Tuple>()->elements(), b.As<Tuple>()->elements(), depth);
    case Kind::kHost: {
      auto* x = static_cast<HostObject*>(a.object());
      auto* y = static_cast<HostObject*>(b.object());
      if (&x->type() != &y->type() || !x->Ordered()) return Unordered(a, b);
      return Sign(x->Compare(*y));
    }
    default: return Unordered(a, b);
  }
}

uint32_t Fold(uint64_t mixed) {
  mixed *= 0x9e3779b97f4a7c15u;
  return static_cast<uint32_t>(mixed >> 32);
}

uint32_t IdentityHash(Value value) { return Fold(value.bits() >> 3); }

absl::StatusOr<uint32_t> HashAt(Value value, int depth) {
  if (value.IsSmallInt()) return IntHash(value);
  if (depth > kMaxDepth) return TooDeep("hash");
  switch (value.kind()) {
    case Kind::kString: return value.As<String>()->hash();
    case Kind::kInt: return IntHash(value);
    case Kind::kFloat: return FloatHash(FloatOf(value));
    case Kind::kBytes:
      NoteWork(BulkBytes(value.As<Bytes>()->view().size()));
      return HashBytes(value.As<Bytes>()->view()) ^ 0x5bd1e995u;
    case Kind::kNone:
    case Kind::kBool: return Fold(value.bits());
    case Kind::kTuple: {
      uint64_t mixed = 0x345678;
      size_t number = 0;
      for (Value element : *value.As<Tuple>()) {
        COW_RETURN_IF_ERROR(ChargeElement(number++));
        COW_ASSIGN_OR_RETURN(uint32_t hash, HashAt(element, depth + 1));
        mixed = (mixed ^ hash) * 0x100000001b3u;
      }
      return Fold(mixed);
    }
    case Kind::kStruct: {
      uint64_t mixed = value.As<Struct>()->constructor().bits();
      size_t number = 0;
      for (const NamedValue& field : value.As<Struct>()->fields()) {
        COW_RETURN_IF_ERROR(ChargeElement(number++));
        COW_ASSIGN_OR_RETURN(uint32_t hash, HashAt(field.value, depth + 1));
        mixed = ((mixed ^ field.name->hash()) * 0x100000001b3u) ^ hash;
      }
      return Fold(mixed);
    }
    case Kind::kRange: {
      const Range& range = *value.As<Range>();
      const auto last = static_cast<uint64_t>(range.size() > 0 ? range.at(range.size() - 1) : 0);
      const auto first = static_cast<uint64_t>(range.size() > 0 ? range.start() : 0);
      return Fold(static_cast<uint64_t>(range.size()) * 31 + first * 17 + last);
    }
    case Kind::kFunction: return IdentityHash(value);
    case Kind::kBuiltin: {
      const Builtin* builtin = value.As<Builtin>();
      if (builtin->receiver().IsUnset()) return IdentityHash(value);
      return builtin->name_string()->hash() ^ IdentityHash(builtin->receiver());
    }
    case Kind::kHost: {
      COW_ASSIGN_OR_RETURN(uint64_t hash, static_cast<HostObject*>(value.object())->Hash());
      return Fold(hash);
    }
    default: return UnhashableError(TypeName(value));
  }
}

}  // namespace

bool Truth(Value value) {
  switch (value.kind()) {
    case Kind::kUnset:
    case Kind::kNone: return false;
    case Kind::kBool: return value.boolean();
    case Kind::kInt: return !value.IsSmallInt() || value.small_int() != 0;
    case Kind::kFloat: return FloatOf(value) != 0;
    case Kind::kString:
    case Kind::kBytes:
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kDict:
    case Kind::kSet:
    case Kind::kRange: return Length(value) != 0;
    case Kind::kElems: return !value.As<Elems>()->elements().empty();
    case Kind::kHost: return static_cast<HostObject*>(value.object())->Truth();
    case Kind::kStruct:
    case Kind::kFunction:
    case Kind::kBuiltin:
    case Kind::kCell: return true;
  }
  return true;
}

absl::StatusOr<bool> Equals(Value a, Value b) { return EqualsAt(a, b, 0); }
absl::StatusOr<int> Compare(Value a, Value b) { return CompareAt(a, b, 0); }
absl::StatusOr<uint32_t> Hash(Value value) { return HashAt(value, 0); }

absl::Status CheckHashable(Value value) { return HashAt(value, 0).status(); }

}  // namespace cow::starlark
