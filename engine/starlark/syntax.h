// Syntax tree. Nodes live in the parser's scratch heap and are never destroyed one by one; the
// resolver fills in where each name is bound.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/starlark/string_value.h"
#include "engine/starlark/token.h"
#include "engine/starlark/value.h"

namespace cow::starlark {

enum class ExprKind : uint8_t {
  kName,
  kLiteral,
  kList,
  kTuple,
  kDict,
  kUnary,
  kBinary,
  kCond,
  kCall,
  kIndex,
  kSlice,
  kDot,
  kLambda,
  kComprehension,
  kError,
};

struct Expr {
  ExprKind kind;
  bool parenthesized = false;
  uint16_t depth = 1;  // of nesting, for the limit
  uint32_t begin;      // byte offset of the first character
  uint32_t at;         // where an error in it is shown: operator, bracket, dot, ...
};

enum class Scope : uint8_t {
  kUnresolved,
  kLocal,
  kFree,
  kGlobal,
  kLoaded,
  kPredeclared,
  kUniversal
};

struct NameExpr : Expr {
  const String* name;
  Scope scope = Scope::kUnresolved;
  uint32_t index = 0;
};

struct LiteralExpr : Expr {
  TokenKind token;
  Value value;
};

struct SequenceExpr : Expr {  // list and tuple
  std::span<Expr*> elements;
};

struct DictEntry {
  Expr* key;
  Expr* value;
  uint32_t colon;
};
struct DictExpr : Expr {
  std::span<DictEntry> entries;
};

struct UnaryExpr : Expr {
  TokenKind op;
  Expr* operand;
};

struct BinaryExpr : Expr {  // also and, or, comparisons; `not in` has op kNot
  TokenKind op;
  Expr* left;
  Expr* right;
};

struct CondExpr : Expr {
  Expr* condition;
  Expr* if_true;
  Expr* if_false;
};

enum class ArgKind : uint8_t { kPositional, kNamed, kStar, kStarStar };
struct Argument {
  ArgKind kind;
  uint32_t begin;
  const String* name;  // of a named one
  Expr* value;
};
struct CallExpr : Expr {  // at: the opening parenthesis
  Expr* function;
  std::span<Argument> arguments;
};

struct IndexExpr : Expr {
  Expr* object;
  Expr* index;
};

struct SliceExpr : Expr {  // parts may be nullptr
  Expr* object;
  Expr* from;
  Expr* to;
  Expr* step;
};

struct DotExpr : Expr {
  Expr* object;
  const String* name;
};

struct FunctionNode;
struct LambdaExpr : Expr {
  FunctionNode* function;
};

// One `for x in y` or `if c` of a comprehension.
struct Clause {
  bool is_for;
  uint32_t begin;
  Expr* vars;  // of a for
  Expr* expr;  // iterable, or condition
};
struct ComprehensionExpr : Expr {
  bool is_dict;
  Expr* body;   // key of a dict
  Expr* value;  // of a dict
  uint32_t colon;
  std::span<Clause> clauses;
};

enum class StmtKind : uint8_t { kExpr, kAssign, kDef, kIf, kFor, kReturn, kBranch, kLoad };

struct Stmt {
  StmtKind kind;
  uint32_t begin;
};

struct ExprStmt : Stmt {
  Expr* expr;
};

struct AssignStmt : Stmt {
  TokenKind op;  // kEquals, kPlusEq, ...
  uint32_t at;   // of the operator
  Expr* target;
  Expr* value;
};

struct IfBranch {
  Expr* condition;  // nullptr: else
  std::span<Stmt*> body;
};
struct IfStmt : Stmt {
  std::span<IfBranch> branches;
};

struct ForStmt : Stmt {
  Expr* vars;
  Expr* iterable;
  std::span<Stmt*> body;
};

struct ReturnStmt : Stmt {
  Expr* value;  // nullptr: None
};

struct BranchStmt : Stmt {  // break, continue, pass
  TokenKind token;
};

struct DefStmt : Stmt {
  NameExpr* name;
  FunctionNode* function;
};

struct LoadBinding {
  NameExpr* local;
  const String* exported;
  uint32_t exported_begin;
};
struct LoadStmt : Stmt {
  const String* module;
  uint32_t module_begin;
  std::span<LoadBinding> bindings;
  uint32_t index = 0;  // among the file's loads; set by the resolver
};

enum class ParamKind : uint8_t { kRequired, kOptional, kStar, kBareStar, kStarStar };
struct Parameter {
  ParamKind kind;
  uint32_t begin;
  NameExpr* name;         // nullptr for a bare *
  Expr* default_value;    // of an optional one
};

struct LocalVariable {
  const String* name;
  bool captured;  // by a nested function: lives in a cell
};
struct FreeVariable {
  const String* name;
  bool from_local;  // index into the enclosing function's locals, else into its free variables
  uint32_t index;
};

struct FunctionNode {
  const String* name;
  uint32_t begin;
  std::span<Parameter> parameters;
  std::span<Stmt*> body;  // of a def
  Expr* result;           // of a lambda
  bool is_lambda;
  // By the resolver:
  bool is_global_def = false;
  std::vector<LocalVariable>* locals = nullptr;
  std::vector<FreeVariable>* free = nullptr;
};

}  // namespace cow::starlark
