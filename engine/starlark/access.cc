// Indexing, slicing, attributes, iteration.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/edit_distance.h"
#include "engine/base/status.h"
#include "engine/starlark/builtin_methods.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/elems_value.h"
#include "engine/starlark/function_value.h"
#include "engine/starlark/number_value.h"
#include "engine/starlark/operators.h"
#include "engine/starlark/work_meter.h"

namespace cow::starlark {

int64_t Length(Value value) {
  switch (value.kind()) {
    case Kind::kString: return static_cast<int64_t>(value.As<String>()->size());
    case Kind::kBytes: return static_cast<int64_t>(value.As<Bytes>()->view().size());
    case Kind::kList: return static_cast<int64_t>(value.As<List>()->size());
    case Kind::kTuple: return static_cast<int64_t>(value.As<Tuple>()->size());
    case Kind::kDict: return static_cast<int64_t>(value.As<Dict>()->size());
    case Kind::kSet: return static_cast<int64_t>(value.As<Set>()->size());
    case Kind::kRange: return value.As<Range>()->size();
    case Kind::kElems: {
      const Elems* elems = value.As<Elems>();
      return elems->by_byte() ? static_cast<int64_t>(elems->elements().size()) : -1;
    }
    case Kind::kHost: return static_cast<HostObject*>(value.object())->Length();
    default: return -1;
  }
}

bool IsIterable(Value value) {
  switch (value.kind()) {
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kDict:
    case Kind::kSet:
    case Kind::kRange:
    case Kind::kElems: return true;
    case Kind::kHost: return static_cast<HostObject*>(value.object())->Iterable();
    default: return false;
  }
}

bool IsCallable(Value value) {
  if (value.Is(Kind::kHost)) return static_cast<HostObject*>(value.object())->Callable();
  return value.Is(Kind::kFunction) || value.Is(Kind::kBuiltin);
}

absl::Status NotIterable(Value value) {
  return absl::InvalidArgumentError(absl::StrCat("type '", TypeName(value), "' is not iterable"));
}

absl::Status ForEach(Value iterable, absl::FunctionRef<absl::Status(Value)> visit) {
  IterationLock lock(iterable);
  ElementCharge charge;
  auto visit_all = [&](const auto& values) -> absl::Status {
    for (Value value : values) {
      COW_RETURN_IF_ERROR(charge.Next());
      COW_RETURN_IF_ERROR(visit(value));
    }
    return absl::OkStatus();
  };
  auto visit_keys = [&](const auto& table) -> absl::Status {
    COW_RETURN_IF_ERROR(ChargeWork(table.table().HoleWork()));
    for (const auto& entry : table) {
      COW_RETURN_IF_ERROR(charge.Next());
      COW_RETURN_IF_ERROR(visit(entry.key));
    }
    return absl::OkStatus();
  };
  switch (iterable.kind()) {
    case Kind::kList: return visit_all(*iterable.As<List>());
    case Kind::kTuple: return visit_all(*iterable.As<Tuple>());
    case Kind::kDict: return visit_keys(*iterable.As<Dict>());
    case Kind::kSet: return visit_keys(*iterable.As<Set>());
    case Kind::kElems: return visit_all(iterable.As<Elems>()->elements());
    case Kind::kRange: {
      const Range& range = *iterable.As<Range>();
      for (int64_t i = 0; i < range.size(); ++i) {
        COW_RETURN_IF_ERROR(charge.Next());
        COW_RETURN_IF_ERROR(visit(Value::SmallInt(range.at(i))));
      }
      return absl::OkStatus();
    }
    case Kind::kHost: {
      auto* host = static_cast<HostObject*>(iterable.object());
      if (!host->Iterable()) return NotIterable(iterable);
      std::vector<Value> elements;
      host->Elements(elements);
      return visit_all(elements);
    }
    default: return NotIterable(iterable);
  }
}

absl::Status CheckElements(int64_t length, uint64_t bytes_each) {
  if (length <= 0) return absl::OkStatus();
  const uint64_t count = std::min(static_cast<uint64_t>(length), uint64_t{1} << 48);
  return CheckWorkingMemory(count * bytes_each);
}

absl::StatusOr<std::vector<Value>> Elements(Value iterable) {
  std::vector<Value> result;
  const int64_t length = IsIterable(iterable) ? Length(iterable) : 0;
  COW_RETURN_IF_ERROR(CheckElements(length, sizeof(Value)));
  if (length > 0) result.reserve(static_cast<size_t>(std::min<int64_t>(length, 1 << 20)));
  COW_RETURN_IF_ERROR(ForEach(iterable, [&](Value value) {
    result.push_back(value);
    return absl::OkStatus();
  }));
  return result;
}

absl::StatusOr<Value> GetAttr(Thread& thread, Value value, const String* name) {
  switch (value.kind()) {
    case Kind::kStruct: return value.As<Struct>()->Find(name);
    case Kind::kHost: {
      auto* host = static_cast<HostObject*>(value.object());
      if (const MethodTable* methods = host->Methods()) {
        if (const MethodTable::Method* method = methods->Find(name)) {
          return Value(thread.heap().New<Builtin>(method->name, method->function, value));
        }
      }
      return host->GetAttr(thread, name);
    }
    default: {
      const BuiltinMethod* method = FindMethod(value.kind(), name);
      if (method == nullptr) return Value();
      return Value(thread.heap().New<Builtin>(method->name, method->function, value));
    }
  }
}

std::vector<std::string> AttrNames(Value value) {
  std::vector<std::string> names;
  if (const Struct* fields = value.As<Struct>()) {
    for (const NamedValue& field : fields->fields()) names.push_back(field.name->str());
  } else if (value.Is(Kind::kHost)) {
    auto* host = static_cast<HostObject*>(value.object());
    names = host->AttrNames();
    if (const MethodTable* methods = host->Methods()) {
      for (const MethodTable::Method& method : methods->methods())
        names.push_back(method.name->str());
    }
  } else {
    names = MethodNames(value.kind());
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status NoSuchAttribute(Value value, std::string_view name) {
  std::string message =
      absl::StrCat("'", TypeName(value), "' value has no field or method '", name, "'");
  const std::string close = ClosestMatch(name, AttrNames(value));
  if (!close.empty()) absl::StrAppend(&message, " (did you mean '", close, "'?)");
  return absl::InvalidArgumentError(message);
}

absl::StatusOr<size_t> ElementIndex(Value key, size_t size) {
  if (!IsInt(key)) {
    return absl::InvalidArgumentError(
        absl::StrCat("got ", TypeName(key), " for sequence index, want int"));
  }
  const auto signed_size = static_cast<int64_t>(size);
  if (key.IsSmallInt()) {
    const int64_t index = key.small_int();
    const int64_t actual = index < 0 ? index + signed_size : index;
    if (actual >= 0 && actual < signed_size) return static_cast<size_t>(actual);
  }
  return absl::OutOfRangeError(absl::StrCat("index out of range (index is ", IntToString(key),
                                            ", but sequence has ", size, " elements)"));
}

absl::StatusOr<Value> Index(Thread& thread, Value value, Value key) {
  switch (value.kind()) {
    case Kind::kDict: {
      COW_ASSIGN_OR_RETURN(Value found, value.As<Dict>()->Find(key));
      if (!found.IsUnset()) return found;
      return absl::NotFoundError(absl::StrCat("key ", Repr(key), " not found in dictionary"));
    }
    case Kind::kList: {
      const List& list = *value.As<List>();
      COW_ASSIGN_OR_RETURN(size_t index, ElementIndex(key, list.size()));
      return list.at(index);
    }
    case Kind::kTuple: {
      const Tuple& tuple = *value.As<Tuple>();
      COW_ASSIGN_OR_RETURN(size_t index, ElementIndex(key, tuple.size()));
      return tuple.at(index);
    }
    case Kind::kString: {
      const String& text = *value.As<String>();
      COW_ASSIGN_OR_RETURN(size_t index, ElementIndex(key, text.size()));
      return ByteString(static_cast<unsigned char>(text.data()[index]));
    }
    case Kind::kBytes: {
      std::string_view bytes = value.As<Bytes>()->view();
      COW_ASSIGN_OR_RETURN(size_t index, ElementIndex(key, bytes.size()));
      return Value::SmallInt(static_cast<unsigned char>(bytes[index]));
    }
    case Kind::kRange: {
      const Range& range = *value.As<Range>();
      COW_ASSIGN_OR_RETURN(size_t index, ElementIndex(key, static_cast<size_t>(range.size())));
      return Value::SmallInt(range.at(static_cast<int64_t>(index)));
    }
    case Kind::kElems:
      if (value.As<Elems>()->by_byte()) {
        const Elems& elems = *value.As<Elems>();
        COW_ASSIGN_OR_RETURN(size_t index, ElementIndex(key, elems.elements().size()));
        return elems.elements()[index];
      }
      break;
    case Kind::kHost: {
      auto* host = static_cast<HostObject*>(value.object());
      if (host->Indexable()) return host->Index(thread, key);
      break;
    }
    default: break;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("type '", TypeName(value), "' has no operator [](", TypeName(key), ")"));
}

absl::Status SetIndex(Value object, Value key, Value value) {
  if (Dict* dict = object.As<Dict>()) return dict->Set(key, value);
  if (List* list = object.As<List>()) {
    COW_RETURN_IF_ERROR(list->CheckMutable("list"));
    COW_ASSIGN_OR_RETURN(size_t index, ElementIndex(key, list->size()));
    return list->SetAt(index, value);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("can only assign an element in a dictionary or a list, not in a '",
                   TypeName(object), "'"));
}

absl::StatusOr<int64_t> ClampedIndex(Value bound, int64_t size, int64_t absent,
                                     std::string_view what) {
  if (bound.IsUnset() || bound.IsNone()) return absent;
  if (!IsInt(bound)) {
    return absl::InvalidArgumentError(
        absl::StrCat("got ", TypeName(bound), " for ", what, ", want int"));
  }
  if (!bound.IsSmallInt()) return IntSign(bound) < 0 ? 0 : size;
  const int64_t index = bound.small_int();
  return std::clamp<int64_t>(index < 0 ? index + size : index, 0, size);
}

namespace {

struct SliceRange {
  int64_t start;
  int64_t step;
  int64_t count;
};

absl::StatusOr<SliceRange> ResolveSlice(int64_t size, Value from, Value to, Value step_value) {
  int64_t step = 1;
  if (!step_value.IsNone()) {
    if (!IsInt(step_value)) {
      return absl::InvalidArgumentError(
          absl::StrCat("got ", TypeName(step_value), " for slice step, want int"));
    }
    constexpr int64_t kHuge = int64_t{1} << 40;
    step = step_value.IsSmallInt() ? std::clamp(step_value.small_int(), -kHuge, kHuge)
                                   : IntSign(step_value) * kHuge;
    if (step == 0) return absl::InvalidArgumentError("slice step cannot be zero");
  }
  if (step > 0) {
    COW_ASSIGN_OR_RETURN(int64_t start, ClampedIndex(from, size, 0, "start index"));
    COW_ASSIGN_OR_RETURN(int64_t stop, ClampedIndex(to, size, size, "stop index"));
    return SliceRange{start, step, start < stop ? (stop - start - 1) / step + 1 : 0};
  }
  // Backwards, bounds lie in [-1, size - 1].
  auto bound = [&](Value value, int64_t absent, std::string_view what) -> absl::StatusOr<int64_t> {
    if (value.IsNone()) return absent;
    if (!IsInt(value)) {
      return absl::InvalidArgumentError(
          absl::StrCat("got ", TypeName(value), " for ", what, ", want int"));
    }
    if (!value.IsSmallInt()) return IntSign(value) < 0 ? -1 : size - 1;
    const int64_t index = value.small_int();
    return std::clamp<int64_t>(index < 0 ? index + size : index, -1, size - 1);
  };
  COW_ASSIGN_OR_RETURN(int64_t start, bound(from, size - 1, "start index"));
  COW_ASSIGN_OR_RETURN(int64_t stop, bound(to, -1, "stop index"));
  return SliceRange{start, step, start > stop ? (start - stop - 1) / -step + 1 : 0};
}

absl::StatusOr<std::string> PickBytes(std::string_view text, const SliceRange& slice) {
  COW_RETURN_IF_ERROR(CheckElements(slice.count, 2));
  COW_RETURN_IF_ERROR(ChargeWork(SingleBytes(static_cast<uint64_t>(slice.count))));
  std::string out;
  out.reserve(static_cast<size_t>(slice.count));
  for (int64_t i = 0; i < slice.count; ++i) {
    out += text[static_cast<size_t>(slice.start + i * slice.step)];
  }
  return out;
}

}  // namespace

absl::StatusOr<Value> Slice(Heap& heap, Value object, Value from, Value to, Value step) {
  switch (object.kind()) {
    case Kind::kString:
    case Kind::kBytes:
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kRange: break;
    default:
      return absl::InvalidArgumentError(absl::StrCat("invalid slice operand: ", TypeName(object)));
  }
  COW_ASSIGN_OR_RETURN(SliceRange slice, ResolveSlice(Length(object), from, to, step));
  if (const String* text = object.As<String>()) {
    if (slice.step == 1) {
      return heap.NewSubstring(*text, static_cast<size_t>(slice.start),
                               static_cast<size_t>(slice.count));
    }
    COW_ASSIGN_OR_RETURN(std::string picked, PickBytes(text->view(), slice));
    return heap.NewString(picked);
  }
  if (const Bytes* bytes = object.As<Bytes>()) {
    COW_ASSIGN_OR_RETURN(std::string picked, PickBytes(bytes->view(), slice));
    return heap.NewBytes(picked);
  }
  if (const Range* range = object.As<Range>()) {
    const int64_t start = range->start() + slice.start * range->step();
    const int64_t new_step = slice.count > 1 ? range->step() * slice.step : range->step();
    return heap.New<Range>(start, start + slice.count * new_step, new_step);
  }
  const List* list = object.As<List>();
  std::span<const Value> source =
      list != nullptr ? list->elements() : object.As<Tuple>()->elements();
  COW_RETURN_IF_ERROR(CheckElements(slice.count, 2 * sizeof(Value)));
  COW_RETURN_IF_ERROR(ChargeWork(WalkedElements(static_cast<uint64_t>(slice.count))));
  std::vector<Value> picked;
  picked.reserve(static_cast<size_t>(slice.count));
  for (int64_t i = 0; i < slice.count; ++i) {
    picked.push_back(source[static_cast<size_t>(slice.start + i * slice.step)]);
  }
  return list != nullptr ? Value(heap.NewList(picked)) : Value(heap.NewTuple(picked));
}

}  // namespace cow::starlark
