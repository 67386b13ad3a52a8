// Compiler: resolved syntax tree -> bytecode. One FunctionCompiler per function.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/starlark/bytecode.h"
#include "engine/starlark/resolver.h"
#include "engine/starlark/static_errors.h"
#include "engine/starlark/syntax.h"

namespace cow::starlark {

// Fills in body.functions and body.toplevel. The only failure is a function beyond the limits of
// 16-bit operands, reported in `errors`.
void CompileFile(const Resolution& resolution, Program::Body& body, StaticErrors& errors);

class FunctionCompiler {
 public:
  FunctionCompiler(const FunctionNode& node, const Resolution& resolution, Program::Body& body,
                   StaticErrors& errors);

  // The finished code, owned by the body.
  const Code* Compile();

 private:
  static constexpr int kMaxRegisters = 60000;
  static constexpr int kBatch = 64;  // elements of a literal built at a time

  struct Label {
    std::vector<size_t> jumps;  // that go there
  };
  struct Loop {
    size_t head;
    Label exit;
    // Locals that are certainly assigned are only tracked forward: see `assigned_`.
  };
  // Frees the temporaries taken in its scope.
  class Temporaries {
   public:
    explicit Temporaries(FunctionCompiler& compiler)
        : compiler_(compiler), mark_(compiler.next_register_) {}
    ~Temporaries() { compiler_.next_register_ = mark_; }

   private:
    FunctionCompiler& compiler_;
    int mark_;
  };

  // compiler.cc
  void DescribeParameters();
  void CompileBody();
  int Temporary(int count = 1);
  size_t Emit(Op op, int a, int b, int c, uint32_t offset);
  size_t EmitD(Op op, int a, int32_t d, uint32_t offset);
  void EmitJump(Label& label, uint32_t offset);
  void EmitJumpIf(Op op, int reg, Label& label, uint32_t offset);
  void Bind(Label& label);
  void MakeJumpsRelative();  // until then their operand is where they go
  size_t Here() const { return code_->code.size(); }
  int Constant(Value value);
  int NameIndex(const String* name);
  bool IsCaptured(uint32_t local) const { return (*node_.locals)[local].captured; }

  // compiler_statements.cc
  void Statements(std::span<Stmt* const> statements);
  void Statement(const Stmt& statement);
  void AssignStatement(const AssignStmt& statement);
  bool AssignInParallel(const AssignStmt& statement);
  void Augmented(const AssignStmt& statement);
  void IfStatement(const IfStmt& statement);
  void ForStatement(const ForStmt& statement);
  // Emits the loop around what `body` emits; `vars` get each element of R[iterable].
  template <typename BodyFunction>
  void EmitLoop(const Expr& vars, int iterable, uint32_t offset, const BodyFunction& emit_body);
  void Assign(const Expr& target, int source, uint32_t offset);
  void AssignName(const NameExpr& name, int source, uint32_t offset);
  int PlainLocal(const Expr& expr) const;  // register of a local that is no cell, or -1
  // The first register of targets that are such locals, one behind the other; else -1.
  int ConsecutiveLocals(std::span<Expr* const> targets) const;

  // compiler_expressions.cc
  int Operand(const Expr& expr);             // any register that has the value
  void ExprTo(const Expr& expr, int dest);
  void NameTo(const NameExpr& name, int dest);
  void ListTo(const SequenceExpr& list, int dest);
  void TupleTo(const SequenceExpr& tuple, int dest);
  void ElementsTo(std::span<Expr* const> elements, int dest, uint32_t offset);
  void DictTo(const DictExpr& dict, int dest);
  void UnaryTo(const UnaryExpr& unary, int dest);
  void BinaryTo(const BinaryExpr& binary, int dest);
  void EmitBinary(const BinaryExpr& binary, int left, int dest);
  void LogicalTo(const std::vector<const BinaryExpr*>& chain, int dest);
  void CondTo(const CondExpr& cond, int dest);
  void CallTo(const CallExpr& call, int dest);
  void FunctionTo(const FunctionNode& function, int dest, uint32_t offset);
  void SliceTo(const SliceExpr& slice, int dest);
  void ComprehensionTo(const ComprehensionExpr& comprehension, int dest);
  void ComprehensionClauses(const ComprehensionExpr& comprehension, size_t clause, int result);
  // Jumps to `label` if the truth of `expr` is `when`, else goes on.
  void Condition(const Expr& expr, bool when, Label& label);

  const FunctionNode& node_;
  const Resolution& resolution_;
  Program::Body& body_;
  StaticErrors& errors_;
  std::unique_ptr<Code> owned_;
  Code* code_;
  int local_count_;
  int next_register_;
  bool too_large_ = false;
  // Locals that every path to here has assigned: they need no check. All true behind a return.
  std::vector<bool> assigned_;
  std::vector<Loop*> loops_;
  absl::flat_hash_map<uint64_t, int> constant_index_;
  absl::flat_hash_map<const String*, int> name_index_;
};

}  // namespace cow::starlark
