#include "engine/starlark/interpreter.h"

#include <bit>
#include <utility>

#include "engine/starlark/builtin_methods.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/eval_error.h"
#include "engine/starlark/host_object.h"
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

// y > 0.
inline int64_t FloorMod(int64_t x, int64_t y) {
  const int64_t rest = x % y;
  return rest < 0 ? rest + y : rest;
}

// Steps for running so many instructions once.
inline uint64_t StraightWork(uint64_t instructions) { return instructions / 8; }

inline bool TruthOf(Value value) {
  if (value.IsBool()) return value.boolean();
  return Truth(value);
}

}  // namespace

// One `Run` executes frames until the one it was entered for returns. Registers are reached through
// `r`, constants through `code`; both are reloaded when the frame changes.
bool Interpreter::Run(Value* returned) {
  const Code* code;
  const Instruction* pc;
  Value* r;
  Frame* frame;   // the innermost one; reloaded behind everything that may have called back
  uint64_t word;  // the instruction being executed
  static_assert(std::endian::native == std::endian::little);

  static const void* const kLabels[] = {
#define COW_STARLARK_LABEL(name) &&op_##name,
      COW_STARLARK_OPCODES(COW_STARLARK_LABEL)
#undef COW_STARLARK_LABEL
  };

#define OP static_cast<Op>(static_cast<uint16_t>(word))
#define A static_cast<uint16_t>(word >> 16)
#define B static_cast<uint16_t>(word >> 32)
#define C static_cast<uint16_t>(word >> 48)
#define D static_cast<int32_t>(word >> 32)
#define NEXT()                                  \
  do {                                          \
    word = std::bit_cast<uint64_t>(*pc++);      \
    goto* kLabels[static_cast<uint16_t>(word)]; \
  } while (false)
#define LOAD_FRAME()               \
  do {                             \
    frame = &state_.frames.back(); \
    code = frame->code;            \
    pc = frame->pc;                \
    r = frame->base;               \
  } while (false)
// Everything that may fail is a call out of line that returns whether it did not; `error_` has the
// failure. So this function has no objects to destroy, and its few variables stay in registers.
#define TRY(expression)                \
  do {                                 \
    frame->pc = pc;                    \
    if (!(expression)) [[unlikely]] {  \
      goto fail;                       \
    }                                  \
    frame = &state_.frames.back();     \
  } while (false)
#define COUNT_STEP()                                          \
  do {                                                        \
    if (meter_.Step()) [[unlikely]] {                         \
      TRY(CheckLimits());                                     \
    }                                                         \
  } while (false)

  LOAD_FRAME();
  NEXT();

op_Move:
  r[A] = r[B];
  NEXT();
op_LoadConst:
  r[A] = code->constants[static_cast<size_t>(D)];
  NEXT();
op_LoadInt:
  r[A] = Value::SmallInt(D);
  NEXT();
op_LoadGlobal: {
  const Value value = frame->module->globals[D];
  if (value.IsUnset()) [[unlikely]] {
    TRY(Unassigned("global", code->body->globals[static_cast<size_t>(D)]));
  }
  r[A] = value;
  NEXT();
}
op_StoreGlobal:
  frame->module->globals[D] = r[A];
  NEXT();
op_LoadLoaded: {
  const Value value = frame->module->loaded[D];
  if (value.IsUnset()) [[unlikely]] {
    TRY(Unassigned("global", code->body->loaded[static_cast<size_t>(D)]));
  }
  r[A] = value;
  NEXT();
}
op_StoreLoaded:
  frame->module->loaded[D] = r[A];
  NEXT();
op_LoadPredeclared:
  r[A] = frame->module->predeclared[D];
  NEXT();
op_CheckLocal:
  if (r[A].IsUnset()) [[unlikely]] {
    TRY(Unassigned("local", code->locals[static_cast<size_t>(D)]));
  }
  NEXT();
op_MakeCell:
  r[A] = thread_.heap_.New<Cell>(r[A]);
  NEXT();
op_LoadCell: {
  const Value value = static_cast<Cell*>(r[B].object())->value;
  if (value.IsUnset()) [[unlikely]] TRY(Unassigned("local", code->locals[C]));
  r[A] = value;
  NEXT();
}
op_StoreCell:
  static_cast<Cell*>(r[A].object())->value = r[B];
  NEXT();
op_LoadFree: {
  const Value value = frame->function->captured(B)->value;
  if (value.IsUnset()) [[unlikely]] TRY(Unassigned("local", code->free[B]));
  r[A] = value;
  NEXT();
}

#define BINARY(op) TRY(BinaryStep(BinaryOp::op, r[B], r[C], &r[A]))
op_Add:
  if (BothSmall(r[B], r[C]) && AddSmall(r[B], r[C], &r[A])) NEXT();
  BINARY(kAdd);
  NEXT();
op_Sub:
  if (BothSmall(r[B], r[C]) && SubSmall(r[B], r[C], &r[A])) NEXT();
  BINARY(kSub);
  NEXT();
op_Mul:
  if (BothSmall(r[B], r[C]) && MulSmall(r[B], r[C], &r[A])) NEXT();
  BINARY(kMul);
  NEXT();
op_Div:
  BINARY(kDiv);
  NEXT();
op_FloorDiv:
  if (BothSmall(r[B], r[C]) && r[C].small_int() > 0) {
    const int64_t x = r[B].small_int();
    const int64_t y = r[C].small_int();
    const int64_t quotient = x / y;
    r[A] = Value::SmallInt(quotient - (x % y < 0 ? 1 : 0));
    NEXT();
  }
  BINARY(kFloorDiv);
  NEXT();
op_Mod:
  if (BothSmall(r[B], r[C]) && r[C].small_int() > 0) {
    r[A] = Value::SmallInt(FloorMod(r[B].small_int(), r[C].small_int()));
    NEXT();
  }
  BINARY(kMod);
  NEXT();
op_Or:
  if (BothSmall(r[B], r[C])) {
    r[A] = Value::FromBits(r[B].bits() | r[C].bits());
    NEXT();
  }
  BINARY(kOr);
  NEXT();
op_Xor:
  if (BothSmall(r[B], r[C])) {
    r[A] = Value::FromBits((r[B].bits() ^ r[C].bits()) | 1);
    NEXT();
  }
  BINARY(kXor);
  NEXT();
op_And:
  if (BothSmall(r[B], r[C])) {
    r[A] = Value::FromBits(r[B].bits() & r[C].bits());
    NEXT();
  }
  BINARY(kAnd);
  NEXT();
op_ShiftLeft:
  BINARY(kShiftLeft);
  NEXT();
op_ShiftRight:
  BINARY(kShiftRight);
  NEXT();
op_AddInt: {
  const Value literal = Value::SmallInt(C);
  if (r[B].IsSmallInt() && AddSmall(r[B], literal, &r[A])) NEXT();
  TRY(BinaryStep(BinaryOp::kAdd, r[B], literal, &r[A]));
  NEXT();
}
op_SubInt: {
  const Value literal = Value::SmallInt(C);
  if (r[B].IsSmallInt() && SubSmall(r[B], literal, &r[A])) NEXT();
  TRY(BinaryStep(BinaryOp::kSub, r[B], literal, &r[A]));
  NEXT();
}
op_InplaceAdd:
  if (BothSmall(r[B], r[C]) && AddSmall(r[B], r[C], &r[A])) NEXT();
  TRY(InplaceStep(BinaryOp::kAdd, r[B], r[C], &r[A]));
  NEXT();
op_InplaceSub:
  if (BothSmall(r[B], r[C]) && SubSmall(r[B], r[C], &r[A])) NEXT();
  TRY(InplaceStep(BinaryOp::kSub, r[B], r[C], &r[A]));
  NEXT();
op_InplaceAnd:
  TRY(InplaceStep(BinaryOp::kAnd, r[B], r[C], &r[A]));
  NEXT();
op_InplaceOr:
  TRY(InplaceStep(BinaryOp::kOr, r[B], r[C], &r[A]));
  NEXT();
op_InplaceXor:
  TRY(InplaceStep(BinaryOp::kXor, r[B], r[C], &r[A]));
  NEXT();

// `holds` becomes whether the comparison holds.
#define COMPARE(op)                                   \
  if (BothSmall(r[B], r[C])) {                        \
    holds = r[B].small_int() op r[C].small_int();     \
  } else {                                            \
    int order;                                        \
    TRY((order = CompareStep(r[B], r[C])) != kFailed); \
    holds = order op 0;                               \
  }
#define EQUAL()                                       \
  if (r[B].IsSame(r[C])) {                            \
    holds = true;                                     \
  } else if (BothSmall(r[B], r[C])) {                 \
    holds = false;                                    \
  } else {                                            \
    int equal;                                        \
    TRY((equal = EqualStep(r[B], r[C])) != kFailed);  \
    holds = equal != 0;                               \
  }
#define CONTAINS()                                      \
  int inside;                                           \
  TRY((inside = ContainsStep(r[C], r[B])) != kFailed);  \
  holds = inside != 0;
#define BOOL_OP(compute)          \
  do {                            \
    bool holds;                   \
    compute;                      \
    r[A] = Value::Bool(holds);    \
    NEXT();                       \
  } while (false)
#define TEST_OP(compute)    \
  do {                      \
    bool holds;             \
    compute;                \
    if (holds == (A != 0)) { \
      ++pc;                 \
    } else {                \
      pc += 1 + pc->d();    \
    }                       \
    NEXT();                 \
  } while (false)

op_Equal: BOOL_OP(EQUAL());
op_NotEqual: BOOL_OP(EQUAL(); holds = !holds);
op_Less: BOOL_OP(COMPARE(<));
op_LessEqual: BOOL_OP(COMPARE(<=));
op_Greater: BOOL_OP(COMPARE(>));
op_GreaterEqual: BOOL_OP(COMPARE(>=));
op_In: BOOL_OP(CONTAINS());
op_NotIn: BOOL_OP(CONTAINS(); holds = !holds);
op_Not:
  r[A] = Value::Bool(!TruthOf(r[B]));
  NEXT();
op_Negate:
op_Plus:
op_Invert:
  TRY(UnaryStep(OP, r[B], &r[A]));
  NEXT();
op_Jump:
  pc += D;
  NEXT();
op_JumpIfFalse:
  if (!TruthOf(r[A])) pc += D;
  NEXT();
op_JumpIfTrue:
  if (TruthOf(r[A])) pc += D;
  NEXT();
op_TestEqual: TEST_OP(EQUAL());
op_TestLess: TEST_OP(COMPARE(<));
op_TestLessEqual: TEST_OP(COMPARE(<=));
op_TestGreater: TEST_OP(COMPARE(>));
op_TestGreaterEqual: TEST_OP(COMPARE(>=));
op_TestIn: TEST_OP(CONTAINS());

op_IterBegin:
  TRY(BeginIteration(r[B], &r[A]));
  NEXT();
op_IterNext:
  COUNT_STEP();
  if (IterationState(&r[A]).Next(&r[B])) {
    meter_.Note(StraightWork(static_cast<uint32_t>(pc->d())));
    ++pc;
  } else {
    pc += 1 + pc->d();
  }
  NEXT();
op_IterAgain:
  COUNT_STEP();
  if (IterationState(&r[A]).Next(&r[B])) {
    meter_.Note(StraightWork(static_cast<uint32_t>(-pc->d())));
    pc += 1 + pc->d();
  } else {
    ++pc;
  }
  NEXT();
op_IterEnd:
  EndIteration();
  NEXT();

op_NewList:
  r[A] = thread_.heap_.NewList({r + B, C});
  NEXT();
op_NewTuple:
  r[A] = thread_.heap_.NewTuple({r + B, C});
  NEXT();
op_AppendMany: {
  List* list = static_cast<List*>(r[A].object());
  TRY(Fail(list->CheckGrowth(C)));
  for (size_t i = 0; i < C; ++i) list->Push(r[B + i]);
  NEXT();
}
op_Append: {
  List* list = static_cast<List*>(r[A].object());
  if (list->full()) [[unlikely]] TRY(Fail(list->CheckGrowth(1)));
  list->Push(r[B]);
  NEXT();
}
op_ListToTuple:
  r[A] = thread_.heap_.NewTuple(static_cast<List*>(r[A].object())->elements());
  NEXT();
op_NewDict: {
  Dict* dict = thread_.heap_.NewDict();
  dict->table().Reserve(thread_.heap_, static_cast<size_t>(D));
  r[A] = dict;
  NEXT();
}
op_DictInsert:
  TRY(DictInsert(*static_cast<Dict*>(r[A].object()), r[B], r[C]));
  NEXT();
op_DictSet:
  TRY(DictSet(*static_cast<Dict*>(r[A].object()), r[B], r[C]));
  NEXT();

op_Index:
  if (r[C].IsSmallInt() && r[B].IsObject()) {
    const auto index = static_cast<uint64_t>(r[C].small_int());
    if (r[B].object()->kind() == Kind::kList) {
      const List& list = *static_cast<List*>(r[B].object());
      if (index < list.size()) {
        r[A] = list.at(index);
        NEXT();
      }
    } else if (r[B].object()->kind() == Kind::kTuple) {
      const Tuple& tuple = *static_cast<Tuple*>(r[B].object());
      if (index < tuple.size()) {
        r[A] = tuple.at(index);
        NEXT();
      }
    }
  }
  TRY(IndexStep(r[B], r[C], &r[A]));
  NEXT();
op_SetIndex:
  TRY(SetIndexStep(r[A], r[B], r[C]));
  NEXT();
op_Slice:
  TRY(SliceStep(r + B, &r[A]));
  NEXT();
op_GetAttr:
  if (r[B].Is(Kind::kStruct)) {
    const Value field = static_cast<Struct*>(r[B].object())->Find(code->names[C]);
    if (!field.IsUnset()) [[likely]] {
      r[A] = field;
      NEXT();
    }
  }
  TRY(AttributeStep(r[B], code->names[C], &r[A]));
  NEXT();
op_SetAttr:
  TRY(SetAttrStep(r[A]));
  NEXT();
op_MakeFunction:
  r[A] = MakeFunction(*frame, *code->functions[C], r + B);
  NEXT();

op_Call:
  COUNT_STEP();
  if (r[A].Is(Kind::kFunction)) {
    TRY(EnterFunction(*static_cast<const Function*>(r[A].object()), r + A + 1, B));
    LOAD_FRAME();
    NEXT();
  }
  TRY(CallStep(r + A, B));
  NEXT();
op_CallMethod:
  COUNT_STEP();
  TRY(CallMethodStep(code->names[C], r + A, B));
  // The method was a Starlark function in a field.
  if (frame->code != code) LOAD_FRAME();
  NEXT();
op_CallSpecial:
op_CallMethodSpecial:
  COUNT_STEP();
  TRY(CallSpecial(code->call_sites[C], r + A));
  if (frame->code != code) LOAD_FRAME();
  NEXT();
op_Unpack: {
  if (r[B].Is(Kind::kTuple)) {
    const Tuple& tuple = *static_cast<Tuple*>(r[B].object());
    if (tuple.size() == C) [[likely]] {
      for (size_t i = 0; i < tuple.size(); ++i) r[A + i] = tuple.at(i);
      NEXT();
    }
  }
  TRY(Unpack(r[B], r + A, C));
  NEXT();
}
op_Load:
  TRY(LoadNames(*frame, static_cast<size_t>(D)));
  NEXT();

op_ReturnNone:
op_Return: {
  const Value result = OP == Op::kReturn ? r[A] : Value::None();
  const bool leave = frame->from_host;
  if (leave) TRY(CheckWork());
  PopFrame();
  if (leave) {
    *returned = result;
    return true;
  }
  LOAD_FRAME();
  // The call that is over left its register behind.
  r[pc[-1].a] = result;
  NEXT();
}

fail:
  error_ = ErrorWithTraceback(thread_, error_);
  for (bool leave = false; !leave;) {
    leave = state_.frames.back().from_host;
    PopFrame();
  }
  return false;

#undef OP
#undef A
#undef B
#undef C
#undef D
#undef NEXT
#undef LOAD_FRAME
#undef TRY
#undef COUNT_STEP
#undef BINARY
#undef COMPARE
#undef EQUAL
#undef CONTAINS
#undef BOOL_OP
#undef TEST_OP
}

}  // namespace cow::starlark
