// Resolver: binds every name of a syntax tree to a variable and checks what can be checked without
// running: undefined and rebound names, misplaced statements, argument and parameter order.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/starlark/environment.h"
#include "engine/starlark/program.h"
#include "engine/starlark/static_errors.h"
#include "engine/starlark/syntax.h"

namespace cow::starlark {

// The tables of a file that names index.
struct Resolution {
  std::vector<const String*> globals;  // in order of first binding
  std::vector<const String*> loaded;
  std::vector<const String*> predeclared;
  std::vector<const String*> universal;
  std::vector<LoadStmt*> loads;
  FunctionNode toplevel;
  // What the FunctionNodes point to.
  std::deque<std::vector<LocalVariable>> local_tables;
  std::deque<std::vector<FreeVariable>> free_tables;
};

class Resolver {
 public:
  Resolver(const Dialect& dialect, const Environment& environment, StaticErrors& errors);

  // Fills in the tree's scopes. The result refers to it.
  Resolution Resolve(std::vector<Stmt*>& file);

 private:
  struct Binding {
    Scope scope = Scope::kUnresolved;
    uint32_t index = 0;
  };
  // A region in which names are local: a function, or a comprehension within one.
  struct Block {
    Block* parent;
    FunctionNode* function;
    absl::flat_hash_map<const String*, uint32_t> names;  // to locals of the function
  };
  struct GlobalBinding {
    Binding binding;
    uint32_t begin;  // of the first one
  };

  // resolver.cc: statements and binding
  void BindTarget(Expr* target, bool augmented);
  void CollectToplevel(std::span<Stmt*> statements);
  void CollectLocals(std::span<Stmt*> statements, Block& block);
  void CollectTargets(Expr* target, Block& block);
  void BindToplevelTargets(Expr* target);
  void GiveTables(FunctionNode& function);
  void BindToplevel(NameExpr* name, Scope scope, std::vector<const String*>& table);
  uint32_t AddLocal(Block& block, const String* name);
  void VisitStatements(std::span<Stmt*> statements);
  void VisitStatement(Stmt* statement);
  void VisitLoad(LoadStmt* load);
  void VisitFunction(FunctionNode* function);
  void CheckParameters(const FunctionNode& function);

  // resolver_names.cc: expressions and lookup
  void VisitExpr(Expr* expr);
  void VisitBinaryChain(BinaryExpr* expr);
  void VisitCall(CallExpr* call);
  void VisitComprehension(ComprehensionExpr* comprehension);
  void Use(NameExpr* name);
  // Within the blocks of `function` and those around it; captures what is an outer function's.
  std::optional<Binding> FindLocal(Block* block, FunctionNode* function, const String* name);
  Binding FindOuter(const String* name);
  void Undefined(const NameExpr& name);

  void Error(size_t offset, std::string_view message) { errors_.Add(offset, message); }

  const Dialect& dialect_;
  const Environment& environment_;
  StaticErrors& errors_;
  Resolution result_;
  absl::flat_hash_map<const String*, GlobalBinding> toplevel_names_;
  absl::flat_hash_map<const String*, Binding> outer_names_;  // predeclared and universal
  Block* block_ = nullptr;
  int loops_ = 0;
  int nested_blocks_ = 0;  // if and for around the statement, within the function or file
  bool after_statement_ = false;
};

}  // namespace cow::starlark
