#include "engine/starlark/interpreter.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/starlark/builtin_methods.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/eval_error.h"
#include "engine/starlark/iteration.h"
#include "engine/starlark/number_value.h"
#include "engine/starlark/operators.h"

namespace cow::starlark {

namespace {

inline bool BothSmall(Value a, Value b) { return (a.bits() & b.bits() & 1) != 0; }

// Sum of two small ints, or false on overflow. One of the two tag bits must go.
inline bool AddSmall(Value a, Value b, Value* sum) {
  int64_t bits;
  if (__builtin_add_overflow(static_cast<int64_t>(a.bits()), static_cast<int64_t>(b.bits() - 1),
                             &bits)) {
    return false;
  }
  *sum = Value::FromBits(static_cast<uint64_t>(bits));
  return true;
}

inline bool SubSmall(Value a, Value b, Value* difference) {
  int64_t bits;
  if (__builtin_sub_overflow(static_cast<int64_t>(a.bits()), static_cast<int64_t>(b.bits() - 1),
                             &bits)) {
    return false;
  }
  *difference = Value::FromBits(static_cast<uint64_t>(bits));
  return true;
}

inline bool MulSmall(Value a, Value b, Value* product) {
  int64_t bits;
  if (__builtin_mul_overflow(static_cast<int64_t>(a.bits() - 1), b.small_int(), &bits))
    return false;
  *product = Value::FromBits(static_cast<uint64_t>(bits) | 1);
  return true;
}

inline bool TruthOf(Value value) {
  if (value.IsBool()) return value.boolean();
  return Truth(value);
}

}  // namespace

// One `Run` executes frames until the one it was entered for returns. Registers are reached through
// `r`, constants through `code`; both are reloaded when the frame changes.
absl::StatusOr<Value> Interpreter::Run() {
  const Code* code;
  const Instruction* pc;
  Value* r;
  Instruction in;
  Heap& heap = thread_.heap_;
  absl::Status error;

  static const void* const kLabels[] = {
#define COW_STARLARK_LABEL(name) &&op_##name,
      COW_STARLARK_OPCODES(COW_STARLARK_LABEL)
#undef COW_STARLARK_LABEL
  };

#define NEXT()                                          \
  do {                                                  \
    in = *pc++;                                         \
    goto* kLabels[static_cast<uint16_t>(in.op)];        \
  } while (false)
#define LOAD_FRAME()                    \
  do {                                  \
    const Frame& top = state_.frames.back(); \
    code = top.code;                    \
    pc = top.pc;                        \
    r = top.base;                       \
  } while (false)
#define SAVE_PC() state_.frames.back().pc = pc
#define CHECK_STATUS(expression)               \
  do {                                         \
    SAVE_PC();                                 \
    absl::Status checked = (expression);       \
    if (!checked.ok()) [[unlikely]] {          \
      error = std::move(checked);              \
      goto fail;                               \
    }                                          \
  } while (false)
#define SET_OR_FAIL(target, expression)        \
  do {                                         \
    SAVE_PC();                                 \
    auto computed = (expression);              \
    if (!computed.ok()) [[unlikely]] {         \
      error = std::move(computed).status();    \
      goto fail;                               \
    }                                          \
    target = *computed;                        \
  } while (false)
#define COUNT_STEP()                                                 \
  do {                                                               \
    if (++thread_.steps_ >= state_.next_check) [[unlikely]] {        \
      CHECK_STATUS(CheckLimits());                                   \
    }                                                                \
  } while (false)

  LOAD_FRAME();
  NEXT();

op_Move:
  r[in.a] = r[in.b];
  NEXT();
op_LoadConst:
  r[in.a] = code->constants[static_cast<size_t>(in.d())];
  NEXT();
op_LoadInt:
  r[in.a] = Value::SmallInt(in.d());
  NEXT();
op_LoadGlobal: {
  const Value value = state_.frames.back().module->globals[in.d()];
  if (value.IsUnset()) [[unlikely]] {
    CHECK_STATUS(Unassigned("global", code->body->globals[static_cast<size_t>(in.d())]));
  }
  r[in.a] = value;
  NEXT();
}
op_StoreGlobal:
  state_.frames.back().module->globals[in.d()] = r[in.a];
  NEXT();
op_LoadLoaded: {
  const Value value = state_.frames.back().module->loaded[in.d()];
  if (value.IsUnset()) [[unlikely]] {
    CHECK_STATUS(Unassigned("global", code->body->loaded[static_cast<size_t>(in.d())]));
  }
  r[in.a] = value;
  NEXT();
}
op_StoreLoaded:
  state_.frames.back().module->loaded[in.d()] = r[in.a];
  NEXT();
op_LoadPredeclared:
  r[in.a] = state_.frames.back().module->predeclared[in.d()];
  NEXT();
op_CheckLocal:
  if (r[in.a].IsUnset()) [[unlikely]] {
    CHECK_STATUS(Unassigned("local", code->locals[static_cast<size_t>(in.d())]));
  }
  NEXT();
op_MakeCell:
  r[in.a] = heap.New<Cell>(r[in.a]);
  NEXT();
op_LoadCell: {
  const Value value = static_cast<Cell*>(r[in.b].object())->value;
  if (value.IsUnset()) [[unlikely]] CHECK_STATUS(Unassigned("local", code->locals[in.c]));
  r[in.a] = value;
  NEXT();
}
op_StoreCell:
  static_cast<Cell*>(r[in.a].object())->value = r[in.b];
  NEXT();
op_LoadFree: {
  const Value value = state_.frames.back().function->captured(in.b)->value;
  if (value.IsUnset()) [[unlikely]] CHECK_STATUS(Unassigned("local", code->free[in.b]));
  r[in.a] = value;
  NEXT();
}

op_Add:
  if (BothSmall(r[in.b], r[in.c]) && AddSmall(r[in.b], r[in.c], &r[in.a])) NEXT();
  SET_OR_FAIL(r[in.a], Binary(thread_, BinaryOp::kAdd, r[in.b], r[in.c]));
  NEXT();
op_Sub:
  if (BothSmall(r[in.b], r[in.c]) && SubSmall(r[in.b], r[in.c], &r[in.a])) NEXT();
  SET_OR_FAIL(r[in.a], Binary(thread_, BinaryOp::kSub, r[in.b], r[in.c]));
  NEXT();
op_Mul:
  if (BothSmall(r[in.b], r[in.c]) && MulSmall(r[in.b], r[in.c], &r[in.a])) NEXT();
  SET_OR_FAIL(r[in.a], Binary(thread_, BinaryOp::kMul, r[in.b], r[in.c]));
  NEXT();
op_Div:
  SET_OR_FAIL(r[in.a], Binary(thread_, BinaryOp::kDiv, r[in.b], r[in.c]));
  NEXT();
op_FloorDiv:
  if (BothSmall(r[in.b], r[in.c]) && r[in.c].small_int() > 0) {
    const int64_t x = r[in.b].small_int();
    const int64_t y = r[in.c].small_int();
    const int64_t quotient = x / y;
    r[in.a] = Value::SmallInt(quotient - (x % y < 0 ? 1 : 0));
    NEXT();
  }
  SET_OR_FAIL(r[in.a], Binary(thread_, BinaryOp::kFloorDiv, r[in.b], r[in.c]));
  NEXT();
op_Mod:
  if (BothSmall(r[in.b], r[in.c]) && r[in.c].small_int() > 0) {
    const int64_t y = r[in.c].small_int();
    const int64_t rest = r[in.b].small_int() % y;
    r[in.a] = Value::SmallInt(rest < 0 ? rest + y : rest);
    NEXT();
  }
  SET_OR_FAIL(r[in.a], Binary(thread_, BinaryOp::kMod, r[in.b], r[in.c]));
  NEXT();
op_Or:
  if (BothSmall(r[in.b], r[in.c])) {
    r[in.a] = Value::FromBits(r[in.b].bits() | r[in.c].bits());
    NEXT();
  }
  SET_OR_FAIL(r[in.a], Binary(thread_, BinaryOp::kOr, r[in.b], r[in.c]));
  NEXT();
op_Xor:
  if (BothSmall(r[in.b], r[in.c])) {
    r[in.a] = Value::FromBits((r[in.b].bits() ^ r[in.c].bits()) | 1);
    NEXT();
  }
  SET_OR_FAIL(r[in.a], Binary(thread_, BinaryOp::kXor, r[in.b], r[in.c]));
  NEXT();
op_And:
  if (BothSmall(r[in.b], r[in.c])) {
    r[in.a] = Value::FromBits(r[in.b].bits() & r[in.c].bits());
    NEXT();
  }
  SET_OR_FAIL(r[in.a], Binary(thread_, BinaryOp::kAnd, r[in.b], r[in.c]));
  NEXT();
op_ShiftLeft:
  SET_OR_FAIL(r[in.a], Binary(thread_, BinaryOp::kShiftLeft, r[in.b], r[in.c]));
  NEXT();
op_ShiftRight:
  SET_OR_FAIL(r[in.a], Binary(thread_, BinaryOp::kShiftRight, r[in.b], r[in.c]));
  NEXT();
op_AddInt: {
  const Value literal = Value::SmallInt(in.c);
  if (r[in.b].IsSmallInt() && AddSmall(r[in.b], literal, &r[in.a])) NEXT();
  SET_OR_FAIL(r[in.a], Binary(thread_, BinaryOp::kAdd, r[in.b], literal));
  NEXT();
}
op_SubInt: {
  const Value literal = Value::SmallInt(in.c);
  if (r[in.b].IsSmallInt() && SubSmall(r[in.b], literal, &r[in.a])) NEXT();
  SET_OR_FAIL(r[in.a], Binary(thread_, BinaryOp::kSub, r[in.b], literal));
  NEXT();
}
op_InplaceAdd:
  if (BothSmall(r[in.b], r[in.c]) && AddSmall(r[in.b], r[in.c], &r[in.a])) NEXT();
  SET_OR_FAIL(r[in.a], InplaceBinary(thread_, BinaryOp::kAdd, r[in.b], r[in.c]));
  NEXT();
op_InplaceOr:
  SET_OR_FAIL(r[in.a], InplaceBinary(thread_, BinaryOp::kOr, r[in.b], r[in.c]));
  NEXT();

#define COMPARE(target, quick, slow)                                        \
  do {                                                                      \
    if (BothSmall(r[in.b], r[in.c])) {                                      \
      target = r[in.b].small_int() quick r[in.c].small_int();               \
    } else {                                                                \
      int order = 0;                                                        \
      SET_OR_FAIL(order, Compare(r[in.b], r[in.c]));                        \
      target = order slow 0;                                                \
    }                                                                       \
  } while (false)
#define EQUAL(target)                                                \
  do {                                                               \
    if (r[in.b].IsSame(r[in.c])) {                                   \
      target = true;                                                 \
    } else if (BothSmall(r[in.b], r[in.c])) {                        \
      target = false;                                                \
    } else {                                                         \
      SET_OR_FAIL(target, Equals(r[in.b], r[in.c]));                 \
    }                                                                \
  } while (false)
#define BOOL_OP(body)              \
  do {                             \
    bool holds = false;            \
    body;                          \
    r[in.a] = Value::Bool(holds);  \
    NEXT();                        \
  } while (false)
#define TEST_OP(body)                            \
  do {                                           \
    bool holds = false;                          \
    body;                                        \
    if (holds == (in.a != 0)) {                  \
      ++pc;                                      \
    } else {                                     \
      pc = code->code.data() + pc->d();          \
    }                                            \
    NEXT();                                      \
  } while (false)

op_Equal: BOOL_OP(EQUAL(holds));
op_NotEqual:
  BOOL_OP(EQUAL(holds); holds = !holds);
op_Less: BOOL_OP(COMPARE(holds, <, <));
op_LessEqual: BOOL_OP(COMPARE(holds, <=, <=));
op_Greater: BOOL_OP(COMPARE(holds, >, >));
op_GreaterEqual: BOOL_OP(COMPARE(holds, >=, >=));
op_In: BOOL_OP(SET_OR_FAIL(holds, Contains(thread_, r[in.c], r[in.b])));
op_NotIn: BOOL_OP(SET_OR_FAIL(holds, Contains(thread_, r[in.c], r[in.b])); holds = !holds);
op_Not:
  r[in.a] = Value::Bool(!TruthOf(r[in.b]));
  NEXT();
op_Negate:
  SET_OR_FAIL(r[in.a], Negate(heap, r[in.b]));
  NEXT();
op_Plus:
  SET_OR_FAIL(r[in.a], Plus(r[in.b]));
  NEXT();
op_Invert:
  SET_OR_FAIL(r[in.a], Invert(heap, r[in.b]));
  NEXT();
op_Jump:
  pc = code->code.data() + in.d();
  NEXT();
op_JumpIfFalse:
  if (!TruthOf(r[in.a])) pc = code->code.data() + in.d();
  NEXT();
op_JumpIfTrue:
  if (TruthOf(r[in.a])) pc = code->code.data() + in.d();
  NEXT();
op_TestEqual: TEST_OP(EQUAL(holds));
op_TestLess: TEST_OP(COMPARE(holds, <, <));
op_TestLessEqual: TEST_OP(COMPARE(holds, <=, <=));
op_TestGreater: TEST_OP(COMPARE(holds, >, >));
op_TestGreaterEqual: TEST_OP(COMPARE(holds, >=, >=));
op_TestIn: TEST_OP(SET_OR_FAIL(holds, Contains(thread_, r[in.c], r[in.b])));

op_IterBegin:
  CHECK_STATUS(BeginIteration(r[in.b], &r[in.a]));
  NEXT();
op_IterNext:
  COUNT_STEP();
  if (IterationState(&r[in.a]).Next(&r[in.b])) {
    ++pc;
  } else {
    pc = code->code.data() + pc->d();
  }
  NEXT();
op_IterEnd:
  EndIteration();
  NEXT();

op_NewList:
  r[in.a] = heap.NewList({r + in.b, in.c});
  NEXT();
op_NewTuple:
  r[in.a] = heap.NewTuple({r + in.b, in.c});
  NEXT();
op_AppendMany: {
  List* list = static_cast<List*>(r[in.a].object());
  for (size_t i = 0; i < in.c; ++i) list->Push(r[in.b + i]);
  NEXT();
}
op_Append:
  static_cast<List*>(r[in.a].object())->Push(r[in.b]);
  NEXT();
op_ListToTuple:
  r[in.a] = heap.NewTuple(static_cast<List*>(r[in.a].object())->elements());
  NEXT();
op_NewDict: {
  Dict* dict = heap.NewDict();
  dict->table().Reserve(heap, static_cast<size_t>(in.d()));
  r[in.a] = dict;
  NEXT();
}
op_DictInsert:
  CHECK_STATUS(DictInsert(*static_cast<Dict*>(r[in.a].object()), r[in.b], r[in.c]));
  NEXT();
op_DictSet:
  CHECK_STATUS(static_cast<Dict*>(r[in.a].object())->Set(r[in.b], r[in.c]));
  NEXT();

op_Index:
  if (r[in.c].IsSmallInt() && r[in.b].Is(Kind::kList)) {
    const List& list = *static_cast<List*>(r[in.b].object());
    const auto index = static_cast<uint64_t>(r[in.c].small_int());
    if (index < list.size()) {
      r[in.a] = list.at(index);
      NEXT();
    }
  } else if (r[in.b].Is(Kind::kDict) && r[in.c].Is(Kind::kString)) {
    const HashTable& table = static_cast<Dict*>(r[in.b].object())->table();
    if (const auto* entry = table.FindString(*static_cast<String*>(r[in.c].object()))) {
      r[in.a] = entry->value;
      NEXT();
    }
  }
  SET_OR_FAIL(r[in.a], starlark::Index(thread_, r[in.b], r[in.c]));
  NEXT();
op_SetIndex:
  CHECK_STATUS(SetIndex(r[in.a], r[in.b], r[in.c]));
  NEXT();
op_Slice:
  SET_OR_FAIL(r[in.a], Slice(heap, r[in.b], r[in.b + 1], r[in.b + 2], r[in.b + 3]));
  NEXT();
op_GetAttr:
  if (r[in.b].Is(Kind::kStruct)) {
    const Value field = static_cast<Struct*>(r[in.b].object())->Find(code->names[in.c]);
    if (!field.IsUnset()) [[likely]] {
      r[in.a] = field;
      NEXT();
    }
  }
  SET_OR_FAIL(r[in.a], Attribute(r[in.b], code->names[in.c]));
  NEXT();
op_SetAttr:
  CHECK_STATUS(absl::InvalidArgumentError(
      absl::StrCat(TypeName(r[in.a]), " value does not support field assignment")));
  NEXT();
op_MakeFunction:
  r[in.a] = MakeFunction(state_.frames.back(), *code->functions[in.c], r + in.b);
  NEXT();

op_Call: {
  COUNT_STEP();
  const Value callee = r[in.a];
  if (callee.Is(Kind::kFunction)) {
    const auto* function = static_cast<const Function*>(callee.object());
    CHECK_STATUS(PushFrame(function->code(), function, function->module(), r + in.a + 1, in.b, {},
                           false));
    LOAD_FRAME();
    NEXT();
  }
  SET_OR_FAIL(r[in.a], CallNative(callee, {r + in.a + 1, in.b}, {}));
  NEXT();
}
op_CallMethod: {
  COUNT_STEP();
  const Value receiver = r[in.a];
  const String* name = code->names[in.c];
  if (const BuiltinMethod* method = FindMethod(receiver.kind(), name)) {
    SET_OR_FAIL(r[in.a], CallMethodNative(method->name, method->function, receiver,
                                          {r + in.a + 1, in.b}, {}));
    NEXT();
  }
  if (receiver.Is(Kind::kHost)) {
    const MethodTable* methods = static_cast<HostObject*>(receiver.object())->Methods();
    const MethodTable::Method* method = methods == nullptr ? nullptr : methods->Find(name);
    if (method != nullptr) {
      SET_OR_FAIL(r[in.a], CallMethodNative(method->name, method->function, receiver,
                                            {r + in.a + 1, in.b}, {}));
      NEXT();
    }
  }
  SET_OR_FAIL(r[in.a], Attribute(receiver, name));
  goto op_Call;
}
op_CallSpecial:
op_CallMethodSpecial: {
  COUNT_STEP();
  Value result;
  CHECK_STATUS(CallSpecial(code->call_sites[in.c], r + in.a, &result));
  if (result.IsUnset()) {
    LOAD_FRAME();
  } else {
    r[in.a] = result;
  }
  NEXT();
}
op_Unpack:
  CHECK_STATUS(Unpack(r[in.b], r + in.a, in.c));
  NEXT();
op_Load:
  CHECK_STATUS(LoadNames(state_.frames.back(), static_cast<size_t>(in.d())));
  NEXT();

op_ReturnNone:
op_Return: {
  const Value result = in.op == Op::kReturn ? r[in.a] : Value::None();
  const bool leave = state_.frames.back().from_host;
  PopFrame();
  if (leave) return result;
  LOAD_FRAME();
  // The call that is over left its register behind.
  r[pc[-1].a] = result;
  NEXT();
}

fail:
  error = ErrorWithTraceback(thread_, error);
  for (bool leave = false; !leave;) {
    leave = state_.frames.back().from_host;
    PopFrame();
  }
  return error;

#undef NEXT
#undef LOAD_FRAME
#undef SAVE_PC
#undef CHECK_STATUS
#undef SET_OR_FAIL
#undef COUNT_STEP
#undef COMPARE
#undef EQUAL
#undef BOOL_OP
#undef TEST_OP
}

}  // namespace cow::starlark
