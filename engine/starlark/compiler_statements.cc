#include <utility>

#include "engine/starlark/compiler.h"
#include "engine/starlark/compiler_loops.h"

namespace cow::starlark {

namespace {

Op BinaryOpcode(TokenKind assignment) {
  switch (assignment) {
    case TokenKind::kPlusEq: return Op::kInplaceAdd;
    case TokenKind::kMinusEq: return Op::kInplaceSub;
    case TokenKind::kStarEq: return Op::kMul;
    case TokenKind::kSlashEq: return Op::kDiv;
    case TokenKind::kSlashSlashEq: return Op::kFloorDiv;
    case TokenKind::kPercentEq: return Op::kMod;
    case TokenKind::kAmpEq: return Op::kInplaceAnd;
    case TokenKind::kPipeEq: return Op::kInplaceOr;
    case TokenKind::kCaretEq: return Op::kInplaceXor;
    case TokenKind::kLess2Eq: return Op::kShiftLeft;
    default: return Op::kShiftRight;
  }
}

void Intersect(std::vector<bool>& into, const std::vector<bool>& other) {
  for (size_t i = 0; i < into.size(); ++i) into[i] = into[i] && other[i];
}

bool IsSequence(const Expr& expr) {
  return expr.kind == ExprKind::kTuple || expr.kind == ExprKind::kList;
}

}  // namespace

void FunctionCompiler::Statements(std::span<Stmt* const> statements) {
  for (const Stmt* statement : statements) Statement(*statement);
}

void FunctionCompiler::Statement(const Stmt& statement) {
  Temporaries temporaries(*this);
  switch (statement.kind) {
    case StmtKind::kExpr: {
      const Expr& expr = *static_cast<const ExprStmt&>(statement).expr;
      if (expr.kind != ExprKind::kLiteral) Operand(expr);
      break;
    }
    case StmtKind::kAssign: AssignStatement(static_cast<const AssignStmt&>(statement)); break;
    case StmtKind::kDef: {
      const auto& def = static_cast<const DefStmt&>(statement);
      const int plain = PlainLocal(*def.name);
      const int dest = plain >= 0 ? plain : Temporary();
      FunctionTo(*def.function, dest, def.begin);
      AssignName(*def.name, dest, def.begin);
      break;
    }
    case StmtKind::kIf: IfStatement(static_cast<const IfStmt&>(statement)); break;
    case StmtKind::kFor: ForStatement(static_cast<const ForStmt&>(statement)); break;
    case StmtKind::kReturn: {
      const Expr* value = static_cast<const ReturnStmt&>(statement).value;
      if (value == nullptr) {
        Emit(Op::kReturnNone, 0, 0, 0, statement.begin);
      } else {
        Emit(Op::kReturn, Operand(*value), 0, 0, statement.begin);
      }
      assigned_.assign(assigned_.size(), true);
      break;
    }
    case StmtKind::kBranch: {
      const TokenKind word = static_cast<const BranchStmt&>(statement).token;
      if (word == TokenKind::kPass) break;
      if (word == TokenKind::kBreak) {
        EmitJump(loops_.back()->exit, statement.begin);
      } else {
        EmitD(Op::kJump, 0, static_cast<int32_t>(loops_.back()->head), statement.begin);
      }
      assigned_.assign(assigned_.size(), true);
      break;
    }
    case StmtKind::kLoad:
      EmitD(Op::kLoad, 0, static_cast<int32_t>(static_cast<const LoadStmt&>(statement).index),
            statement.begin);
      break;
  }
}

int FunctionCompiler::PlainLocal(const Expr& expr) const {
  if (expr.kind != ExprKind::kName) return -1;
  const auto& name = static_cast<const NameExpr&>(expr);
  if (name.scope != Scope::kLocal || IsCaptured(name.index)) return -1;
  return static_cast<int>(name.index);
}

int FunctionCompiler::ConsecutiveLocals(std::span<Expr* const> targets) const {
  const int first = targets.empty() ? -1 : PlainLocal(*targets[0]);
  for (size_t i = 0; first >= 0 && i < targets.size(); ++i) {
    if (PlainLocal(*targets[i]) != first + static_cast<int>(i)) return -1;
  }
  return first;
}

void FunctionCompiler::AssignStatement(const AssignStmt& statement) {
  if (statement.op != TokenKind::kEquals) {
    Augmented(statement);
    return;
  }
  const int plain = PlainLocal(*statement.target);
  if (plain >= 0) {
    ExprTo(*statement.value, plain);
    assigned_[static_cast<size_t>(plain)] = true;
    return;
  }
  if (AssignInParallel(statement)) return;
  Assign(*statement.target, Operand(*statement.value), statement.at);
}

// a, b = b, a without a tuple: all of the right side first, then the targets.
bool FunctionCompiler::AssignInParallel(const AssignStmt& statement) {
  if (!IsSequence(*statement.target) || !IsSequence(*statement.value)) return false;
  auto targets = static_cast<const SequenceExpr&>(*statement.target).elements;
  auto values = static_cast<const SequenceExpr&>(*statement.value).elements;
  if (targets.size() != values.size() || targets.size() > kBatch) return false;
  const int first = Temporary(static_cast<int>(values.size()));
  for (size_t i = 0; i < values.size(); ++i) ExprTo(*values[i], first + static_cast<int>(i));
  for (size_t i = 0; i < targets.size(); ++i) {
    Assign(*targets[i], first + static_cast<int>(i), statement.at);
  }
  return true;
}

void FunctionCompiler::Augmented(const AssignStmt& statement) {
  const Op op = BinaryOpcode(statement.op);
  const Expr& target = *statement.target;
  switch (target.kind) {
    case ExprKind::kName: {
      const int current = Operand(target);
      const int value = Operand(*statement.value);
      const int plain = PlainLocal(target);
      const int dest = plain >= 0 ? plain : Temporary();
      Emit(op, dest, current, value, statement.at);
      AssignName(static_cast<const NameExpr&>(target), dest, statement.at);
      break;
    }
    case ExprKind::kIndex: {
      const auto& index = static_cast<const IndexExpr&>(target);
      const int object = Operand(*index.object);
      const int key = Operand(*index.index);
      const int current = Temporary();
      Emit(Op::kIndex, current, object, key, index.at);
      const int value = Operand(*statement.value);
      Emit(op, current, current, value, statement.at);
      Emit(Op::kSetIndex, object, key, current, statement.at);
      break;
    }
    case ExprKind::kDot: {
      const auto& dot = static_cast<const DotExpr&>(target);
      const int object = Operand(*dot.object);
      const int current = Temporary();
      const int name = NameIndex(dot.name);
      Emit(Op::kGetAttr, current, object, name, dot.at);
      const int value = Operand(*statement.value);
      Emit(op, current, current, value, statement.at);
      Emit(Op::kSetAttr, object, current, name, statement.at);
      break;
    }
    default: break;  // refused by the resolver
  }
}

void FunctionCompiler::IfStatement(const IfStmt& statement) {
  Label end;
  std::vector<bool> merged(assigned_.size(), true);
  bool exhaustive = false;
  for (const IfBranch& branch : statement.branches) {
    Label next;
    if (branch.condition != nullptr) {
      Temporaries temporaries(*this);
      Condition(*branch.condition, false, next);
    } else {
      exhaustive = true;
    }
    std::vector<bool> before = assigned_;
    Statements(branch.body);
    Intersect(merged, assigned_);
    assigned_ = std::move(before);
    if (&branch != &statement.branches.back()) EmitJump(end, statement.begin);
    Bind(next);
  }
  if (exhaustive) {
    assigned_ = std::move(merged);
  } else {
    Intersect(assigned_, merged);
  }
  Bind(end);
}

void FunctionCompiler::ForStatement(const ForStmt& statement) {
  const int iterable = Operand(*statement.iterable);
  EmitLoop(*statement.vars, iterable, statement.iterable->begin,
           [&] { Statements(statement.body); });
}

void FunctionCompiler::Assign(const Expr& target, int source, uint32_t offset) {
  switch (target.kind) {
    case ExprKind::kName: AssignName(static_cast<const NameExpr&>(target), source, offset); break;
    case ExprKind::kIndex: {
      Temporaries temporaries(*this);
      const auto& index = static_cast<const IndexExpr&>(target);
      const int object = Operand(*index.object);
      const int key = Operand(*index.index);
      Emit(Op::kSetIndex, object, key, source, offset);
      break;
    }
    case ExprKind::kDot: {
      Temporaries temporaries(*this);
      const auto& dot = static_cast<const DotExpr&>(target);
      const int object = Operand(*dot.object);
      Emit(Op::kSetAttr, object, source, NameIndex(dot.name), offset);
      break;
    }
    case ExprKind::kTuple:
    case ExprKind::kList: {
      Temporaries temporaries(*this);
      auto elements = static_cast<const SequenceExpr&>(target).elements;
      const int count = static_cast<int>(elements.size());
      if (const int first = ConsecutiveLocals(elements); first >= 0) {
        Emit(Op::kUnpack, first, source, count, offset);
        for (int i = 0; i < count; ++i) assigned_[static_cast<size_t>(first + i)] = true;
        break;
      }
      const int first = Temporary(count);
      Emit(Op::kUnpack, first, source, count, offset);
      for (int i = 0; i < count; ++i) {
        Assign(*elements[static_cast<size_t>(i)], first + i, offset);
      }
      break;
    }
    default: break;  // refused by the resolver
  }
}

void FunctionCompiler::AssignName(const NameExpr& name, int source, uint32_t offset) {
  const int index = static_cast<int>(name.index);
  switch (name.scope) {
    case Scope::kLocal:
      if (IsCaptured(name.index)) {
        Emit(Op::kStoreCell, index, source, 0, offset);
      } else if (index != source) {
        Emit(Op::kMove, index, source, 0, offset);
      }
      assigned_[name.index] = true;
      break;
    case Scope::kGlobal: EmitD(Op::kStoreGlobal, source, index, offset); break;
    case Scope::kLoaded: EmitD(Op::kStoreLoaded, source, index, offset); break;
    case Scope::kFree:
    case Scope::kPredeclared:
    case Scope::kUniversal:
    case Scope::kUnresolved: break;  // never a target
  }
}

}  // namespace cow::starlark
