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

absl::Status Interpreter::BeginIteration(Value iterable, Value* registers) {
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
      iteration.OverEntries(dict->table().begin_entry(), dict->table().end_entry());
      locked = dict;
      break;
    }
    case Kind::kSet: {
      Set* set = iterable.As<Set>();
      iteration.OverEntries(set->table().begin_entry(), set->table().end_entry());
      locked = set;
      break;
    }
    case Kind::kHost: {
      auto* host = static_cast<HostObject*>(iterable.object());
      if (!host->Iterable()) return NotIterable(iterable);
      std::vector<Value> elements;
      host->Elements(elements);
      const Tuple* snapshot = thread_.heap_.NewTuple(elements);
      iteration.OverArray(snapshot->begin(), snapshot->end());
      break;
    }
    default: return NotIterable(iterable);
  }
  if (locked != nullptr) locked->BeginIteration();
  state_.iterations.push_back(locked);
  return absl::OkStatus();
}

void Interpreter::EndIteration() {
  if (MutableObject* locked = state_.iterations.back()) locked->EndIteration();
  state_.iterations.pop_back();
}

void Interpreter::UnwindIterations(size_t count) {
  while (state_.iterations.size() > count) EndIteration();
}

absl::Status Interpreter::Unpack(Value source, Value* targets, size_t count) {
  if (!IsIterable(source)) {
    return absl::InvalidArgumentError(absl::StrCat("got '", TypeName(source),
                                                   "' in sequence assignment (want ", count,
                                                   "-element sequence)"));
  }
  std::vector<Value> copied;
  std::span<const Value> elements;
  if (const Tuple* tuple = source.As<Tuple>()) {
    elements = tuple->elements();
  } else if (const List* list = source.As<List>()) {
    elements = list->elements();
  } else {
    COW_ASSIGN_OR_RETURN(copied, Elements(source));
    elements = copied;
  }
  if (elements.size() != count) {
    return absl::InvalidArgumentError(absl::StrCat("too ", elements.size() < count ? "few" : "many",
                                                   " values to unpack (got ", elements.size(),
                                                   ", want ", count, ")"));
  }
  // One of the targets' registers may be the source's own.
  std::copy(elements.begin(), elements.end(), targets);
  return absl::OkStatus();
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

absl::Status Interpreter::DictInsert(Dict& dict, Value key, Value value) {
  const size_t before = dict.size();
  COW_RETURN_IF_ERROR(dict.Set(key, value));
  if (dict.size() > before) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("dictionary expression has duplicate key: ", Repr(key)));
}

absl::Status Interpreter::Unassigned(std::string_view kind, const String* name) {
  return absl::InvalidArgumentError(absl::StrCat(kind, " variable '", name->view(), "' ",
                                                 kind == "global" ? "is " : "",
                                                 "referenced before assignment"));
}

absl::StatusOr<Value> Interpreter::Attribute(Value object, const String* name) {
  COW_ASSIGN_OR_RETURN(Value value, GetAttr(thread_, object, name));
  if (!value.IsUnset()) return value;
  return NoSuchAttribute(object, name->view());
}

absl::Status Interpreter::LoadNames(const Frame& frame, size_t load) {
  const FrozenModule& module = *frame.module->modules[load];
  for (const Program::Body::LoadBinding& binding : frame.code->body->load_bindings[load]) {
    const Value value = module.Find(binding.exported->view());
    if (value.IsUnset()) {
      std::vector<std::string> names;
      for (const Global& global : module.globals()) {
        if (!global.name.starts_with('_')) names.emplace_back(global.name);
      }
      const std::string close = ClosestMatch(binding.exported->view(), names);
      return absl::InvalidArgumentError(
          absl::StrCat("file '", frame.module->program->loads()[load].module,
                       "' does not contain symbol '", binding.exported->view(), "'",
                       close.empty() ? "" : absl::StrCat(" (did you mean '", close, "'?)")));
    }
    (binding.is_global ? frame.module->globals : frame.module->loaded)[binding.local] = value;
  }
  return absl::OkStatus();
}

}  // namespace cow::starlark
