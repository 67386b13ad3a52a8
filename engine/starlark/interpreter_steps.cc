// Instructions that need more than a line.
#include "absl/strings/str_cat.h"
#include "engine/base/edit_distance.h"
#include "engine/base/status.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/elems_value.h"
#include "engine/starlark/interpreter.h"
#include "engine/starlark/iteration.h"
#include "engine/starlark/operators.h"

namespace cow::starlark {

bool Interpreter::BinaryStep(BinaryOp op, Value left, Value right, Value* target) {
  meter_.Note(1);
  return Store(Binary(thread_, op, left, right), target) && CheckWork();
}

bool Interpreter::InplaceStep(BinaryOp op, Value left, Value right, Value* target) {
  meter_.Note(1);
  return Store(InplaceBinary(thread_, op, left, right), target) && CheckWork();
}

bool Interpreter::UnaryStep(Op op, Value operand, Value* target) {
  switch (op) {
    case Op::kNegate: return Store(Negate(thread_.heap_, operand), target);
    case Op::kPlus: return Store(Plus(operand), target);
    default: return Store(Invert(thread_.heap_, operand), target);
  }
}

int Interpreter::CompareStep(Value left, Value right) {
  meter_.Note(1);
  absl::StatusOr<int> order = Compare(left, right);
  if (order.ok()) return *order;
  Fail(std::move(order).status());
  return kFailed;
}

int Interpreter::EqualStep(Value left, Value right) {
  if (left.Is(Kind::kString) && right.Is(Kind::kString)) {
    return SameText(*static_cast<String*>(left.object()), *static_cast<String*>(right.object()));
  }
  meter_.Note(1);
  absl::StatusOr<bool> equal = Equals(left, right);
  if (equal.ok()) return *equal;
  Fail(std::move(equal).status());
  return kFailed;
}

int Interpreter::ContainsStep(Value container, Value element) {
  meter_.Note(1);
  if (container.Is(Kind::kDict) && element.Is(Kind::kString)) {
    const HashTable& table = static_cast<Dict*>(container.object())->table();
    return table.FindString(*static_cast<String*>(element.object())) != nullptr;
  }
  absl::StatusOr<bool> inside = Contains(thread_, container, element);
  if (inside.ok()) return *inside;
  Fail(std::move(inside).status());
  return kFailed;
}

bool Interpreter::IndexStep(Value object, Value key, Value* target) {
  meter_.Note(1);
  if (object.Is(Kind::kDict) && key.Is(Kind::kString)) {
    const HashTable& table = static_cast<Dict*>(object.object())->table();
    if (const auto* entry = table.FindString(*static_cast<String*>(key.object()))) {
      *target = entry->value;
      return true;
    }
  }
  return Store(Index(thread_, object, key), target);
}

bool Interpreter::SetIndexStep(Value object, Value key, Value value) {
  meter_.Note(1);
  if (object.Is(Kind::kDict)) return DictSet(*static_cast<Dict*>(object.object()), key, value);
  return Fail(SetIndex(object, key, value));
}

bool Interpreter::SliceStep(const Value* operands, Value* target) {
  meter_.Note(1);
  return Store(Slice(thread_.heap_, operands[0], operands[1], operands[2], operands[3]), target);
}

bool Interpreter::AttributeStep(Value object, const String* name, Value* target) {
  meter_.Note(1);
  return Store(Attribute(object, name), target);
}

bool Interpreter::SetAttrStep(Value object) {
  return Fail(absl::InvalidArgumentError(
      absl::StrCat(TypeName(object), " value does not support field assignment")));
}

bool Interpreter::BeginIteration(Value iterable, Value* registers) {
  IterationState iteration(registers);
  MutableObject* locked = nullptr;
  switch (iterable.kind()) {
    case Kind::kList: {
      List* list = iterable.As<List>();
      iteration.OverArray(list->begin(), list->end());
      locked = list;
      break;
    }
    case Kind::kTuple:
      iteration.OverArray(iterable.As<Tuple>()->begin(), iterable.As<Tuple>()->end());
      break;
    case Kind::kElems: {
      std::span<const Value> elements = iterable.As<Elems>()->elements();
      iteration.OverArray(elements.data(), elements.data() + elements.size());
      break;
    }
    case Kind::kRange: iteration.OverRange(*iterable.As<Range>()); break;
    case Kind::kDict: {
      Dict* dict = iterable.As<Dict>();
      meter_.Note(dict->table().HoleWork());
      iteration.OverEntries(dict->table().begin_entry(), dict->table().end_entry());
      locked = dict;
      break;
    }
    case Kind::kSet: {
      Set* set = iterable.As<Set>();
      meter_.Note(set->table().HoleWork());
      iteration.OverEntries(set->table().begin_entry(), set->table().end_entry());
      locked = set;
      break;
    }
    case Kind::kHost: {
      auto* host = static_cast<HostObject*>(iterable.object());
      if (!host->Iterable()) return Fail(NotIterable(iterable));
      std::vector<Value> elements;
      host->Elements(elements);
      meter_.Note(WalkedElements(elements.size()));
      const Tuple* snapshot = thread_.heap_.NewTuple(elements);
      iteration.OverArray(snapshot->begin(), snapshot->end());
      break;
    }
    default: return Fail(NotIterable(iterable));
  }
  if (locked != nullptr) locked->BeginIteration();
  state_.iterations.push_back(locked);
  return true;
}

bool Interpreter::Unpack(Value source, Value* targets, size_t count) {
  if (!IsIterable(source)) {
    return Fail(absl::InvalidArgumentError(absl::StrCat("got '", TypeName(source),
                                                        "' in sequence assignment (want ", count,
                                                        "-element sequence)")));
  }
  auto wrong_count = [&](size_t got) {
    return Fail(absl::InvalidArgumentError(
        absl::StrCat("too ", got < count ? "few" : "many", " values to unpack (got ", got,
                     ", want ", count, ")")));
  };
  const int64_t length = Length(source);
  if (length >= 0 && static_cast<size_t>(length) != count) {
    return wrong_count(static_cast<size_t>(length));
  }
  if (const List* list = source.As<List>()) {
    std::copy(list->begin(), list->end(), targets);
    return true;
  }
  absl::StatusOr<std::vector<Value>> elements = Elements(source);
  if (!elements.ok()) return Fail(std::move(elements).status());
  if (elements->size() != count) return wrong_count(elements->size());
  std::copy(elements->begin(), elements->end(), targets);
  return true;
}

Value Interpreter::MakeFunction(const Frame& frame, const Code& code, const Value* defaults) {
  Heap& heap = thread_.heap_;
  Value* default_copy = heap.AllocateArray<Value>(code.default_count);
  std::copy(defaults, defaults + code.default_count, default_copy);
  Cell** cells = heap.AllocateArray<Cell*>(code.captured.size());
  for (size_t i = 0; i < code.captured.size(); ++i) {
    const Captured& captured = code.captured[i];
    cells[i] = captured.from_local ? static_cast<Cell*>(frame.base[captured.index].object())
                                   : frame.function->captured(captured.index);
  }
  return heap.New<Function>(code, *frame.module, default_copy, cells);
}

bool Interpreter::DictInsert(Dict& dict, Value key, Value value) {
  const size_t before = dict.size();
  if (!DictSet(dict, key, value)) return false;
  if (dict.size() > before) return true;
  return Fail(absl::InvalidArgumentError(
      absl::StrCat("dictionary expression has duplicate key: ", Repr(key))));
}

bool Interpreter::DictSet(Dict& dict, Value key, Value value) {
  return Fail(dict.Set(key, value));
}

bool Interpreter::Unassigned(std::string_view kind, const String* name) {
  return Fail(absl::InvalidArgumentError(absl::StrCat(kind, " variable '", name->view(), "' ",
                                                      kind == "global" ? "is " : "",
                                                      "referenced before assignment")));
}

absl::StatusOr<Value> Interpreter::Attribute(Value object, const String* name) {
  COW_ASSIGN_OR_RETURN(Value value, GetAttr(thread_, object, name));
  if (!value.IsUnset()) return value;
  return NoSuchAttribute(object, name->view());
}

bool Interpreter::LoadNames(const Frame& frame, size_t load) {
  const FrozenModule& module = *frame.module->modules[load];
  for (const Program::Body::LoadBinding& binding : frame.code->body->load_bindings[load]) {
    const Value value = module.Find(binding.exported->view());
    meter_.Note(WalkedElements(module.globals().size()));
    if (!CheckWork()) return false;
    if (value.IsUnset()) {
      std::vector<std::string> names;
      for (const Global& global : module.globals()) {
        if (!global.name.starts_with('_')) names.emplace_back(global.name);
      }
      const std::string close = ClosestMatch(binding.exported->view(), names);
      return Fail(absl::InvalidArgumentError(
          absl::StrCat("file '", frame.module->program->loads()[load].module,
                       "' does not contain symbol '", binding.exported->view(), "'",
                       close.empty() ? "" : absl::StrCat(" (did you mean '", close, "'?)"))));
    }
    (binding.is_global ? frame.module->globals : frame.module->loaded)[binding.local] = value;
  }
  return true;
}

}  // namespace cow::starlark
