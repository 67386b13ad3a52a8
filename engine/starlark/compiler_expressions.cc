#include <algorithm>
#include <vector>

#include "engine/starlark/compiler.h"
#include "engine/starlark/compiler_loops.h"
#include "engine/starlark/number_value.h"

namespace cow::starlark {

namespace {

Op Opcode(TokenKind op) {
  switch (op) {
    case TokenKind::kPlus: return Op::kAdd;
    case TokenKind::kMinus: return Op::kSub;
    case TokenKind::kStar: return Op::kMul;
    case TokenKind::kSlash: return Op::kDiv;
    case TokenKind::kSlashSlash: return Op::kFloorDiv;
    case TokenKind::kPercent: return Op::kMod;
    case TokenKind::kPipe: return Op::kOr;
    case TokenKind::kCaret: return Op::kXor;
    case TokenKind::kAmp: return Op::kAnd;
    case TokenKind::kLess2: return Op::kShiftLeft;
    case TokenKind::kGreater2: return Op::kShiftRight;
    case TokenKind::kEq: return Op::kEqual;
    case TokenKind::kNotEq: return Op::kNotEqual;
    case TokenKind::kLess: return Op::kLess;
    case TokenKind::kLessEq: return Op::kLessEqual;
    case TokenKind::kGreater: return Op::kGreater;
    case TokenKind::kGreaterEq: return Op::kGreaterEqual;
    case TokenKind::kIn: return Op::kIn;
    default: return Op::kNotIn;
  }
}

bool IsLogical(TokenKind op) { return op == TokenKind::kAnd || op == TokenKind::kOr; }

// The test that decides a comparison, and whether it must hold (or not) for the comparison to hold.
bool TestFor(TokenKind op, Op* test, bool* holds) {
  *holds = op != TokenKind::kNotEq && op != TokenKind::kNot;
  switch (op) {
    case TokenKind::kEq:
    case TokenKind::kNotEq: *test = Op::kTestEqual; return true;
    case TokenKind::kLess: *test = Op::kTestLess; return true;
    case TokenKind::kLessEq: *test = Op::kTestLessEqual; return true;
    case TokenKind::kGreater: *test = Op::kTestGreater; return true;
    case TokenKind::kGreaterEq: *test = Op::kTestGreaterEqual; return true;
    case TokenKind::kIn:
    case TokenKind::kNot: *test = Op::kTestIn; return true;
    default: return false;
  }
}

// The chain of left operands that a binary expression starts, outermost first. Only operators of
// the same sort: logical ones or others.
std::vector<const BinaryExpr*> LeftChain(const BinaryExpr& top) {
  std::vector<const BinaryExpr*> chain{&top};
  while (chain.back()->left->kind == ExprKind::kBinary) {
    const auto* left = static_cast<const BinaryExpr*>(chain.back()->left);
    if (IsLogical(left->op) != IsLogical(top.op)) break;
    chain.push_back(left);
  }
  return chain;
}

bool SmallLiteral(const Expr& expr, int* value) {
  if (expr.kind != ExprKind::kLiteral) return false;
  const Value literal = static_cast<const LiteralExpr&>(expr).value;
  if (!literal.IsSmallInt() || literal.small_int() < 0 || literal.small_int() > 32767) return false;
  *value = static_cast<int>(literal.small_int());
  return true;
}

}  // namespace

int FunctionCompiler::Operand(const Expr& expr) {
  const int plain = PlainLocal(expr);
  if (plain >= 0) {
    if (!assigned_[static_cast<size_t>(plain)]) EmitD(Op::kCheckLocal, plain, plain, expr.begin);
    return plain;
  }
  const int dest = Temporary();
  ExprTo(expr, dest);
  return dest;
}

void FunctionCompiler::ExprTo(const Expr& expr, int dest) {
  Temporaries temporaries(*this);
  switch (expr.kind) {
    case ExprKind::kName: NameTo(static_cast<const NameExpr&>(expr), dest); break;
    case ExprKind::kLiteral: {
      const Value value = static_cast<const LiteralExpr&>(expr).value;
      if (value.IsSmallInt() && value.small_int() == static_cast<int32_t>(value.small_int())) {
        EmitD(Op::kLoadInt, dest, static_cast<int32_t>(value.small_int()), expr.begin);
      } else {
        EmitD(Op::kLoadConst, dest, Constant(value), expr.begin);
      }
      break;
    }
    case ExprKind::kList: ListTo(static_cast<const SequenceExpr&>(expr), dest); break;
    case ExprKind::kTuple: TupleTo(static_cast<const SequenceExpr&>(expr), dest); break;
    case ExprKind::kDict: DictTo(static_cast<const DictExpr&>(expr), dest); break;
    case ExprKind::kUnary: UnaryTo(static_cast<const UnaryExpr&>(expr), dest); break;
    case ExprKind::kBinary: BinaryTo(static_cast<const BinaryExpr&>(expr), dest); break;
    case ExprKind::kCond: CondTo(static_cast<const CondExpr&>(expr), dest); break;
    case ExprKind::kCall: CallTo(static_cast<const CallExpr&>(expr), dest); break;
    case ExprKind::kIndex: {
      const auto& index = static_cast<const IndexExpr&>(expr);
      const int object = Operand(*index.object);
      const int key = Operand(*index.index);
      Emit(Op::kIndex, dest, object, key, expr.at);
      break;
    }
    case ExprKind::kSlice: SliceTo(static_cast<const SliceExpr&>(expr), dest); break;
    case ExprKind::kDot: {
      const auto& dot = static_cast<const DotExpr&>(expr);
      const int object = Operand(*dot.object);
      Emit(Op::kGetAttr, dest, object, NameIndex(dot.name), expr.at);
      break;
    }
    case ExprKind::kLambda:
      FunctionTo(*static_cast<const LambdaExpr&>(expr).function, dest, expr.begin);
      break;
    case ExprKind::kComprehension:
      ComprehensionTo(static_cast<const ComprehensionExpr&>(expr), dest);
      break;
    case ExprKind::kError: break;
  }
}

void FunctionCompiler::NameTo(const NameExpr& name, int dest) {
  const int index = static_cast<int>(name.index);
  switch (name.scope) {
    case Scope::kLocal:
      if (IsCaptured(name.index)) {
        Emit(Op::kLoadCell, dest, index, index, name.begin);
      } else {
        const int source = Operand(name);
        if (source != dest) Emit(Op::kMove, dest, source, 0, name.begin);
      }
      break;
    case Scope::kFree: Emit(Op::kLoadFree, dest, index, 0, name.begin); break;
    case Scope::kGlobal: EmitD(Op::kLoadGlobal, dest, index, name.begin); break;
    case Scope::kLoaded: EmitD(Op::kLoadLoaded, dest, index, name.begin); break;
    case Scope::kPredeclared: EmitD(Op::kLoadPredeclared, dest, index, name.begin); break;
    case Scope::kUniversal:
      EmitD(Op::kLoadConst, dest, Constant(Universe().Find(name.name->view())), name.begin);
      break;
    case Scope::kUnresolved: break;
  }
}

// A list of the elements in R[dest], a register no element refers to.
void FunctionCompiler::ElementsTo(std::span<Expr* const> elements, int dest, uint32_t offset) {
  bool first = true;
  do {
    Temporaries temporaries(*this);
    const size_t count = std::min<size_t>(elements.size(), kBatch);
    const int base = Temporary(static_cast<int>(count));
    for (size_t i = 0; i < count; ++i) ExprTo(*elements[i], base + static_cast<int>(i));
    Emit(first ? Op::kNewList : Op::kAppendMany, dest, base, static_cast<int>(count), offset);
    first = false;
    elements = elements.subspan(count);
  } while (!elements.empty());
}

void FunctionCompiler::ListTo(const SequenceExpr& list, int dest) {
  if (list.elements.size() <= kBatch) {
    ElementsTo(list.elements, dest, list.begin);
    return;
  }
  const int result = Temporary();
  ElementsTo(list.elements, result, list.begin);
  Emit(Op::kMove, dest, result, 0, list.begin);
}

void FunctionCompiler::TupleTo(const SequenceExpr& tuple, int dest) {
  if (tuple.elements.size() <= kBatch) {
    const int count = static_cast<int>(tuple.elements.size());
    const int base = Temporary(count);
    for (int i = 0; i < count; ++i) ExprTo(*tuple.elements[static_cast<size_t>(i)], base + i);
    Emit(Op::kNewTuple, dest, base, count, tuple.begin);
    return;
  }
  const int result = Temporary();
  ElementsTo(tuple.elements, result, tuple.begin);
  Emit(Op::kListToTuple, result, 0, 0, tuple.begin);
  Emit(Op::kMove, dest, result, 0, tuple.begin);
}

void FunctionCompiler::DictTo(const DictExpr& dict, int dest) {
  const int result = Temporary();
  EmitD(Op::kNewDict, result, static_cast<int32_t>(dict.entries.size()), dict.begin);
  for (const DictEntry& entry : dict.entries) {
    Temporaries temporaries(*this);
    const int key = Operand(*entry.key);
    const int value = Operand(*entry.value);
    Emit(Op::kDictInsert, result, key, value, entry.colon);
  }
  Emit(Op::kMove, dest, result, 0, dict.begin);
}

void FunctionCompiler::UnaryTo(const UnaryExpr& unary, int dest) {
  if (unary.op == TokenKind::kMinus && unary.operand->kind == ExprKind::kLiteral) {
    const Value literal = static_cast<const LiteralExpr*>(unary.operand)->value;
    if (literal.IsSmallInt()) {
      EmitD(Op::kLoadConst, dest, Constant(Value::SmallInt(-literal.small_int())), unary.begin);
      return;
    }
  }
  const int operand = Operand(*unary.operand);
  const Op op = unary.op == TokenKind::kNot     ? Op::kNot
                : unary.op == TokenKind::kMinus ? Op::kNegate
                : unary.op == TokenKind::kPlus  ? Op::kPlus
                                           : Op::kInvert;
  Emit(op, dest, operand, 0, unary.at);
}

void FunctionCompiler::BinaryTo(const BinaryExpr& binary, int dest) {
  const std::vector<const BinaryExpr*> chain = LeftChain(binary);
  if (IsLogical(binary.op)) {
    LogicalTo(chain, dest);
    return;
  }
  int left = Operand(*chain.back()->left);
  const int result = chain.size() > 1 ? Temporary() : dest;
  for (size_t i = chain.size(); i-- > 0;) {
    const int target = i == 0 ? dest : result;
    EmitBinary(*chain[i], left, target);
    left = target;
  }
}

void FunctionCompiler::EmitBinary(const BinaryExpr& binary, int left, int dest) {
  Temporaries temporaries(*this);
  int literal;
  if ((binary.op == TokenKind::kPlus || binary.op == TokenKind::kMinus) &&
      SmallLiteral(*binary.right, &literal)) {
    Emit(binary.op == TokenKind::kPlus ? Op::kAddInt : Op::kSubInt, dest, left, literal, binary.at);
    return;
  }
  const int right = Operand(*binary.right);
  Emit(Opcode(binary.op), dest, left, right, binary.at);
}

// a or b or c, a and b and c: mixed chains too, since both associate to the left.
void FunctionCompiler::LogicalTo(const std::vector<const BinaryExpr*>& chain, int dest) {
  const int result = Temporary();
  std::vector<Label> ends(chain.size());
  ExprTo(*chain.back()->left, result);
  for (size_t i = chain.size(); i-- > 0;) {
    // Each operator leaves at its own end, from where the next one looks at the result.
    EmitJumpIf(chain[i]->op == TokenKind::kAnd ? Op::kJumpIfFalse : Op::kJumpIfTrue, result,
               ends[i], chain[i]->at);
    ExprTo(*chain[i]->right, result);
    Bind(ends[i]);
  }
  Emit(Op::kMove, dest, result, 0, chain[0]->at);
}

void FunctionCompiler::CondTo(const CondExpr& cond, int dest) {
  Label otherwise;
  Label end;
  {
    Temporaries temporaries(*this);
    Condition(*cond.condition, false, otherwise);
  }
  ExprTo(*cond.if_true, dest);
  EmitJump(end, cond.at);
  Bind(otherwise);
  ExprTo(*cond.if_false, dest);
  Bind(end);
}

void FunctionCompiler::Condition(const Expr& expr, bool when, Label& label) {
  if (expr.kind == ExprKind::kUnary && static_cast<const UnaryExpr&>(expr).op == TokenKind::kNot) {
    Condition(*static_cast<const UnaryExpr&>(expr).operand, !when, label);
    return;
  }
  if (expr.kind == ExprKind::kBinary) {
    const auto& binary = static_cast<const BinaryExpr&>(expr);
    Op test;
    bool holds;
    const bool chained = binary.left->kind == ExprKind::kBinary;
    if (IsLogical(binary.op) &&
        !(chained && IsLogical(static_cast<const BinaryExpr*>(binary.left)->op))) {
      // `a and b` leaves for "false" from either side, for "true" only from the second.
      const bool leaves_early = (binary.op == TokenKind::kOr) == when;
      Label past;
      Condition(*binary.left, leaves_early ? when : !when, leaves_early ? label : past);
      Condition(*binary.right, when, label);
      Bind(past);
      return;
    }
    if (TestFor(binary.op, &test, &holds)) {
      Temporaries temporaries(*this);
      const int left = Operand(*binary.left);
      const int right = Operand(*binary.right);
      Emit(test, holds == when ? 0 : 1, left, right, binary.at);
      EmitJump(label, binary.at);
      return;
    }
  }
  Temporaries temporaries(*this);
  EmitJumpIf(when ? Op::kJumpIfTrue : Op::kJumpIfFalse, Operand(expr), label, expr.begin);
}

void FunctionCompiler::CallTo(const CallExpr& call, int dest) {
  const bool method = call.function->kind == ExprKind::kDot;
  const int base = Temporary();
  if (method) {
    ExprTo(*static_cast<const DotExpr*>(call.function)->object, base);
  } else {
    ExprTo(*call.function, base);
  }
  CallSite site;
  bool special = false;
  const int first = Temporary(static_cast<int>(call.arguments.size()));
  // Values stand in the order of the source, which the checks of the resolver make the order of a
  // site: positional, named, *args, **kwargs.
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    const Argument& argument = call.arguments[i];
    ExprTo(*argument.value, first + static_cast<int>(i));
    special = special || argument.kind != ArgKind::kPositional;
    switch (argument.kind) {
      case ArgKind::kPositional: ++site.positional; break;
      case ArgKind::kNamed: site.names.push_back(argument.name); break;
      case ArgKind::kStar: site.star = true; break;
      case ArgKind::kStarStar: site.star_star = true; break;
    }
  }
  if (special) {
    if (method) site.method = static_cast<const DotExpr*>(call.function)->name;
    const int index = static_cast<int>(code_->call_sites.size());
    code_->call_sites.push_back(std::move(site));
    Emit(method ? Op::kCallMethodSpecial : Op::kCallSpecial, base, 0, index, call.at);
  } else {
    const int count = static_cast<int>(call.arguments.size());
    const int name = method ? NameIndex(static_cast<const DotExpr*>(call.function)->name) : 0;
    Emit(method ? Op::kCallMethod : Op::kCall, base, count, name, call.at);
  }
  if (dest != base) Emit(Op::kMove, dest, base, 0, call.at);
}

void FunctionCompiler::FunctionTo(const FunctionNode& function, int dest, uint32_t offset) {
  Temporaries temporaries(*this);
  int count = 0;
  for (const Parameter& parameter : function.parameters) {
    if (parameter.default_value != nullptr) ++count;
  }
  const int base = Temporary(count);
  int next = base;
  for (const Parameter& parameter : function.parameters) {
    if (parameter.default_value != nullptr) ExprTo(*parameter.default_value, next++);
  }
  const Code* code = FunctionCompiler(function, resolution_, body_, errors_).Compile();
  const int index = static_cast<int>(code_->functions.size());
  code_->functions.push_back(code);
  Emit(Op::kMakeFunction, dest, base, index, offset);
}

void FunctionCompiler::SliceTo(const SliceExpr& slice, int dest) {
  const int base = Temporary(4);
  ExprTo(*slice.object, base);
  int at = base + 1;
  for (const Expr* part : {slice.from, slice.to, slice.step}) {
    if (part != nullptr) {
      ExprTo(*part, at);
    } else {
      EmitD(Op::kLoadConst, at, Constant(Value::None()), slice.at);
    }
    ++at;
  }
  Emit(Op::kSlice, dest, base, 0, slice.at);
}

void FunctionCompiler::ComprehensionTo(const ComprehensionExpr& comprehension, int dest) {
  const int result = Temporary();
  // The first iterable is evaluated before the collection exists and outside of the loops.
  const int iterable = Operand(*comprehension.clauses[0].expr);
  if (comprehension.is_dict) {
    EmitD(Op::kNewDict, result, 0, comprehension.begin);
  } else {
    Emit(Op::kNewList, result, 0, 0, comprehension.begin);
  }
  EmitLoop(*comprehension.clauses[0].vars, iterable, comprehension.clauses[0].begin,
           [&] { ComprehensionClauses(comprehension, 1, result); });
  Emit(Op::kMove, dest, result, 0, comprehension.begin);
}

void FunctionCompiler::ComprehensionClauses(const ComprehensionExpr& comprehension, size_t clause,
                                            int result) {
  Temporaries temporaries(*this);
  Label skip;
  std::span<const Clause> clauses = comprehension.clauses;
  for (; clause < clauses.size() && !clauses[clause].is_for; ++clause) {
    Temporaries inner(*this);
    Condition(*clauses[clause].expr, false, skip);
  }
  if (clause < clauses.size()) {
    const int iterable = Operand(*clauses[clause].expr);
    EmitLoop(*clauses[clause].vars, iterable, clauses[clause].begin,
             [&] { ComprehensionClauses(comprehension, clause + 1, result); });
  } else if (comprehension.is_dict) {
    const int key = Operand(*comprehension.body);
    const int value = Operand(*comprehension.value);
    Emit(Op::kDictSet, result, key, value, comprehension.colon);
  } else {
    Emit(Op::kAppend, result, Operand(*comprehension.body), 0, comprehension.body->begin);
  }
  Bind(skip);
}

}  // namespace cow::starlark
