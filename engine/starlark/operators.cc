#include "engine/starlark/operators.h"

#include <cmath>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/function_value.h"
#include "engine/starlark/metered_text.h"
#include "engine/starlark/number_value.h"
#include "engine/starlark/text_search.h"

namespace cow::starlark {

namespace {

absl::Status Unsupported(BinaryOp op, Value left, Value right) {
  return absl::InvalidArgumentError(absl::StrCat("unsupported binary operation: ", TypeName(left),
                                                 " ", OperatorText(op), " ", TypeName(right)));
}

absl::StatusOr<double> ToDouble(Value number) {
  if (IsFloat(number)) return FloatOf(number);
  return IntToDouble(number);
}

absl::StatusOr<Value> FloatBinary(Heap& heap, BinaryOp op, Value left, Value right) {
  COW_ASSIGN_OR_RETURN(double x, ToDouble(left));
  COW_ASSIGN_OR_RETURN(double y, ToDouble(right));
  switch (op) {
    case BinaryOp::kAdd: return heap.NewFloat(x + y);
    case BinaryOp::kSub: return heap.NewFloat(x - y);
    case BinaryOp::kMul: return heap.NewFloat(x * y);
    case BinaryOp::kDiv:
      if (y == 0) return absl::InvalidArgumentError("floating-point division by zero");
      return heap.NewFloat(x / y);
    case BinaryOp::kFloorDiv:
      if (y == 0) return absl::InvalidArgumentError("integer division by zero");
      return heap.NewFloat(std::floor(x / y));
    case BinaryOp::kMod: {
      if (y == 0) return absl::InvalidArgumentError("floating-point modulo by zero");
      double rest = std::fmod(x, y);
      if (rest != 0 && (rest < 0) != (y < 0)) rest += y;
      return heap.NewFloat(rest);
    }
    default: return Unsupported(op, left, right);
  }
}

absl::StatusOr<Value> ConcatSequences(Heap& heap, std::span<const Value> a,
                                      std::span<const Value> b, bool list) {
  COW_RETURN_IF_ERROR(ChargeWork(WalkedElements(a.size() + b.size())));
  COW_RETURN_IF_ERROR(CheckWorkingMemory((a.size() + b.size()) * 2 * sizeof(Value)));
  if (list) {
    List* result = heap.NewList();
    result->Reserve(a.size() + b.size());
    result->Fill(a);
    for (Value value : b) result->Push(value);
    return result;
  }
  std::vector<Value> all(a.begin(), a.end());
  all.insert(all.end(), b.begin(), b.end());
  return heap.NewTuple(all);
}

// Text from which on memory is looked at.
constexpr size_t kLongText = 4096;

// Unset if the operands are not such that + joins them.
absl::StatusOr<Value> Concat(Heap& heap, Value left, Value right) {
  if (left.kind() != right.kind()) return Value();
  switch (left.kind()) {
    case Kind::kString: {
      const String& a = *left.As<String>();
      const String& b = *right.As<String>();
      constexpr size_t kMaxText = size_t{1} << 30;
      if (a.size() + b.size() > kMaxText) return absl::InvalidArgumentError("string too long");
      if (a.size() + b.size() >= kLongText) {
        COW_RETURN_IF_ERROR(CheckWorkingMemory((a.size() + b.size()) * uint64_t{2}));
      }
      return heap.Concat(a, b);
    }
    case Kind::kBytes:
      COW_RETURN_IF_ERROR(CheckElements(Length(left) + Length(right), 2));
      NoteWork(BulkBytes(static_cast<uint64_t>(Length(left) + Length(right))));
      return heap.NewBytes(absl::StrCat(left.As<Bytes>()->view(), right.As<Bytes>()->view()));
    case Kind::kList:
      return ConcatSequences(heap, left.As<List>()->elements(), right.As<List>()->elements(), true);
    case Kind::kTuple:
      return ConcatSequences(heap, left.As<Tuple>()->elements(), right.As<Tuple>()->elements(),
                             false);
    default: return Value();
  }
}

absl::StatusOr<Value> MergeDicts(Heap& heap, const Dict& a, const Dict& b) {
  Dict* result = heap.NewDict();
  COW_RETURN_IF_ERROR(result->Merge(a));
  COW_RETURN_IF_ERROR(result->Merge(b));
  return result;
}

// Elements of a that are (or are not) in b; for ^ and | followed by those of b not in a.
absl::StatusOr<Value> SetBinary(Heap& heap, BinaryOp op, const Set& a, const Set& b) {
  Set* result = heap.NewSet();
  COW_RETURN_IF_ERROR(ChargeWork(a.table().HoleWork() + b.table().HoleWork()));
  ElementCharge charge(8);
  for (const auto& entry : a) {
    COW_RETURN_IF_ERROR(charge.Next());
    COW_ASSIGN_OR_RETURN(bool in_b, b.Contains(entry.key));
    const bool keep = op == BinaryOp::kOr || in_b == (op == BinaryOp::kAnd);
    if (keep) COW_RETURN_IF_ERROR(result->Add(entry.key));
  }
  if (op == BinaryOp::kOr || op == BinaryOp::kXor) {
    for (const auto& entry : b) {
      COW_RETURN_IF_ERROR(charge.Next());
      COW_ASSIGN_OR_RETURN(bool in_a, a.Contains(entry.key));
      if (!in_a) COW_RETURN_IF_ERROR(result->Add(entry.key));
    }
  }
  return result;
}

bool IsRepeatable(Value value) {
  switch (value.kind()) {
    case Kind::kString:
    case Kind::kBytes:
    case Kind::kList:
    case Kind::kTuple: return true;
    default: return false;
  }
}

// Unset if no builtin type has the operation.
absl::StatusOr<Value> BuiltinBinary(Heap& heap, BinaryOp op, Value left, Value right) {
  const bool left_int = IsInt(left);
  const bool right_int = IsInt(right);
  const bool numbers = (left_int || IsFloat(left)) && (right_int || IsFloat(right));
  if (numbers) {
    if (left_int && right_int && op != BinaryOp::kDiv) return IntBinary(heap, op, left, right);
    return FloatBinary(heap, op, left, right);
  }
  switch (op) {
    case BinaryOp::kAdd: return Concat(heap, left, right);
    case BinaryOp::kMul:
      if (right_int && IsRepeatable(left)) return Repeat(heap, left, right);
      if (left_int && IsRepeatable(right)) return Repeat(heap, right, left);
      return Value();
    case BinaryOp::kMod:
      if (const String* format = left.As<String>()) {
        return FormatPercent(heap, format->view(), right);
      }
      return Value();
    case BinaryOp::kOr:
      if (left.Is(Kind::kDict) && right.Is(Kind::kDict)) {
        return MergeDicts(heap, *left.As<Dict>(), *right.As<Dict>());
      }
      [[fallthrough]];
    case BinaryOp::kAnd:
    case BinaryOp::kXor:
    case BinaryOp::kSub:
      if (left.Is(Kind::kSet) && right.Is(Kind::kSet)) {
        return SetBinary(heap, op, *left.As<Set>(), *right.As<Set>());
      }
      return Value();
    default: return Value();
  }
}

}  // namespace

absl::StatusOr<Value> Binary(Thread& thread, BinaryOp op, Value left, Value right) {
  COW_ASSIGN_OR_RETURN(Value result, BuiltinBinary(thread.heap(), op, left, right));
  if (!result.IsUnset()) return result;
  if (left.Is(Kind::kHost)) {
    auto* host = static_cast<HostObject*>(left.object());
    COW_ASSIGN_OR_RETURN(result, host->Binary(thread, op, right, true));
    if (!result.IsUnset()) return result;
  }
  if (right.Is(Kind::kHost)) {
    auto* host = static_cast<HostObject*>(right.object());
    COW_ASSIGN_OR_RETURN(result, host->Binary(thread, op, left, false));
    if (!result.IsUnset()) return result;
  }
  return Unsupported(op, left, right);
}

namespace {

bool IsSetOperation(BinaryOp op) {
  return op == BinaryOp::kOr || op == BinaryOp::kAnd || op == BinaryOp::kSub ||
         op == BinaryOp::kXor;
}

absl::Status InplaceSet(Heap& heap, BinaryOp op, Set& set, const Set& other) {
  COW_RETURN_IF_ERROR(set.CheckMutable("set"));
  if (op == BinaryOp::kOr) {
    if (&set == &other) return absl::OkStatus();
    return ForEach(&other, [&](Value element) { return set.Add(element); });
  }
  COW_ASSIGN_OR_RETURN(Value result, SetBinary(heap, op, set, other));
  COW_RETURN_IF_ERROR(set.Clear());
  return ForEach(result, [&](Value element) { return set.Add(element); });
}

}  // namespace

absl::StatusOr<Value> InplaceBinary(Thread& thread, BinaryOp op, Value left, Value right) {
  if (op == BinaryOp::kAdd && left.Is(Kind::kList) && IsIterable(right)) {
    List* list = left.As<List>();
    if (const List* other = right.As<List>()) {
      COW_RETURN_IF_ERROR(list->Extend(other->elements()));
      return left;
    }
    COW_ASSIGN_OR_RETURN(std::vector<Value> elements, Elements(right));
    COW_RETURN_IF_ERROR(list->Extend(elements));
    return left;
  }
  if (op == BinaryOp::kOr && left.Is(Kind::kDict) && right.Is(Kind::kDict)) {
    COW_RETURN_IF_ERROR(left.As<Dict>()->Merge(*right.As<Dict>()));
    return left;
  }
  if (IsSetOperation(op) && left.Is(Kind::kSet) && right.Is(Kind::kSet)) {
    COW_RETURN_IF_ERROR(InplaceSet(thread.heap(), op, *left.As<Set>(), *right.As<Set>()));
    return left;
  }
  return Binary(thread, op, left, right);
}

namespace {

absl::Status UnsupportedUnary(std::string_view op, Value value) {
  return absl::InvalidArgumentError(
      absl::StrCat("unsupported unary operation: ", op, TypeName(value)));
}

}  // namespace

absl::StatusOr<Value> Negate(Heap& heap, Value value) {
  if (IsInt(value)) return IntNegate(heap, value);
  if (IsFloat(value)) return heap.NewFloat(-FloatOf(value));
  return UnsupportedUnary("-", value);
}

absl::StatusOr<Value> Plus(Value value) {
  if (IsInt(value) || IsFloat(value)) return value;
  return UnsupportedUnary("+", value);
}

absl::StatusOr<Value> Invert(Heap& heap, Value value) {
  if (IsInt(value)) return IntInvert(heap, value);
  return UnsupportedUnary("~", value);
}

absl::StatusOr<Value> Repeat(Heap& heap, Value sequence, Value count) {
  constexpr int64_t kMaxElements = int64_t{1} << 30;
  const int64_t size = Length(sequence);
  if (IntSign(count) <= 0 || size == 0) count = Value::SmallInt(0);
  const bool sane = count.IsSmallInt() && count.small_int() <= kMaxElements;
  const int64_t total = sane ? count.small_int() * size : kMaxElements + 1;
  if (total > kMaxElements) {
    return absl::InvalidArgumentError(
        absl::StrCat("excessive repeat (", size, " * ", IntToString(count), " elements)"));
  }
  const auto times = static_cast<size_t>(count.small_int());
  const bool text = sequence.Is(Kind::kString) || sequence.Is(Kind::kBytes);
  // Once more for the copy on the way to the heap.
  COW_RETURN_IF_ERROR(CheckElements(total, 2 * (text ? 1 : sizeof(Value))));
  COW_RETURN_IF_ERROR(ChargeWork(text ? BulkBytes(static_cast<uint64_t>(total)) + times / 4
                                      : WalkedElements(static_cast<uint64_t>(total))));
  if (text) {
    const String* string = sequence.As<String>();
    std::string_view part = string != nullptr ? string->view() : sequence.As<Bytes>()->view();
    std::string all;
    all.reserve(static_cast<size_t>(total));
    for (size_t i = 0; i < times; ++i) all += part;
    return string != nullptr ? Value(heap.NewString(all)) : heap.NewBytes(all);
  }
  const List* list = sequence.As<List>();
  std::span<const Value> part =
      list != nullptr ? list->elements() : sequence.As<Tuple>()->elements();
  if (list != nullptr) {
    List* result = heap.NewList();
    result->Reserve(static_cast<size_t>(total));
    for (size_t i = 0; i < times; ++i) {
      for (Value value : part) result->Push(value);
    }
    return result;
  }
  std::vector<Value> all;
  all.reserve(static_cast<size_t>(total));
  for (size_t i = 0; i < times; ++i) all.insert(all.end(), part.begin(), part.end());
  return heap.NewTuple(all);
}

absl::StatusOr<bool> Contains(Thread&, Value container, Value element) {
  switch (container.kind()) {
    case Kind::kString: {
      const String* part = element.As<String>();
      if (part == nullptr) {
        return absl::InvalidArgumentError(
            absl::StrCat("'in <string>' requires string as left operand, not '", TypeName(element),
                         "'"));
      }
      COW_ASSIGN_OR_RETURN(size_t at, FindText(container.As<String>()->view(), part->view(), 0));
      return at != std::string_view::npos;
    }
    case Kind::kBytes: {
      std::string_view bytes = container.As<Bytes>()->view();
      if (const Bytes* part = element.As<Bytes>()) {
        COW_ASSIGN_OR_RETURN(size_t at, FindText(bytes, part->view(), 0));
        return at != std::string_view::npos;
      }
      NoteWork(BulkBytes(bytes.size()));
      const std::optional<int64_t> byte = element.ToInt64();
      if (!byte || *byte < 0 || *byte > 255) {
        return absl::InvalidArgumentError(
            absl::StrCat("'in bytes' requires bytes or int in [0, 255] as left operand, not '",
                         Repr(element), "'"));
      }
      return bytes.find(static_cast<char>(*byte)) != std::string_view::npos;
    }
    case Kind::kDict: {
      COW_ASSIGN_OR_RETURN(Value found, container.As<Dict>()->Find(element));
      return !found.IsUnset();
    }
    case Kind::kSet: return container.As<Set>()->Contains(element);
    case Kind::kRange: {
      const Range& range = *container.As<Range>();
      std::optional<int64_t> number = element.ToInt64();
      if (IsFloat(element) && FloatOf(element) == std::floor(FloatOf(element)) &&
          std::abs(FloatOf(element)) < 4e18) {
        number = static_cast<int64_t>(FloatOf(element));
      }
      if (!number || range.size() == 0) return false;
      const int64_t last = range.at(range.size() - 1);
      const bool inside = range.step() > 0 ? *number >= range.start() && *number <= last
                                           : *number <= range.start() && *number >= last;
      return inside && (*number - range.start()) % range.step() == 0;
    }
    case Kind::kList:
    case Kind::kTuple: {
      const List* list = container.As<List>();
      ElementCharge charge;
      for (Value value : list != nullptr ? list->elements() : container.As<Tuple>()->elements()) {
        COW_RETURN_IF_ERROR(charge.Next());
        COW_ASSIGN_OR_RETURN(bool equal, Equals(value, element));
        if (equal) return true;
      }
      return false;
    }
    case Kind::kHost: {
      auto* host = static_cast<HostObject*>(container.object());
      if (host->HasContains()) return host->Contains(element);
      break;
    }
    default: break;
  }
  return absl::InvalidArgumentError(absl::StrCat("unsupported binary operation: ",
                                                 TypeName(element), " in ", TypeName(container)));
}

}  // namespace cow::starlark
