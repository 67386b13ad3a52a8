#include "absl/strings/str_cat.h"
#include "engine/starlark/parser.h"
#include "engine/starlark/parser_nodes.h"

namespace cow::starlark {

namespace {

bool IsAssignment(TokenKind kind) {
  return kind == TokenKind::kEquals ||
         (kind >= TokenKind::kPlusEq && kind <= TokenKind::kGreater2Eq);
}

}  // namespace

std::vector<Stmt*> Parser::ParseFile() {
  std::vector<Stmt*> statements;
  while (kind() != TokenKind::kEnd) {
    if (Accept(TokenKind::kNewline)) continue;
    ParseStatement(statements);
    if (failed_) SkipStatement();
  }
  return statements;
}

// To the start of the next statement, leaving indented blocks that belong to the broken one.
void Parser::SkipStatement() {
  failed_ = false;
  int indent = 0;
  while (kind() != TokenKind::kEnd) {
    const TokenKind skipped = kind();
    if (skipped == TokenKind::kOutdent && indent == 0) return;
    Take();
    if (skipped == TokenKind::kIndent) ++indent;
    if (skipped == TokenKind::kOutdent && --indent == 0) return;
    if (skipped == TokenKind::kNewline && indent == 0 && kind() != TokenKind::kIndent) return;
  }
}

void Parser::ParseStatement(std::vector<Stmt*>& out) {
  switch (kind()) {
    case TokenKind::kDef: out.push_back(ParseDef()); return;
    case TokenKind::kIf: out.push_back(ParseIf()); return;
    case TokenKind::kFor: out.push_back(ParseFor()); return;
    case TokenKind::kIndent:
      ErrorAtOffset(token().begin, "indentation error");
      return;
    case TokenKind::kOutdent:
      Take();
      return;
    case TokenKind::kElse:
    case TokenKind::kElif:
      ErrorAtOffset(token().begin, absl::StrCat("syntax error at '", TokenName(kind()),
                                                "': no matching if"));
      return;
    default: ParseSimpleLine(out); return;
  }
}

// small {; small} newline
void Parser::ParseSimpleLine(std::vector<Stmt*>& out) {
  for (;;) {
    Stmt* statement = ParseSmall();
    if (failed_) return;
    if (statement != nullptr) out.push_back(statement);
    if (!Accept(TokenKind::kSemicolon)) break;
    if (kind() == TokenKind::kNewline || kind() == TokenKind::kEnd) break;
  }
  if (kind() != TokenKind::kEnd) Expect(TokenKind::kNewline);
}

Stmt* Parser::ParseSmall() {
  switch (kind()) {
    case TokenKind::kLoad: return ParseLoad();
    case TokenKind::kReturn: return ParseReturn();
    case TokenKind::kPass:
    case TokenKind::kBreak:
    case TokenKind::kContinue: {
      const Token word = Take();
      auto* branch = NewStmt<BranchStmt>(StmtKind::kBranch, word.begin);
      branch->token = word.kind;
      return branch;
    }
    default: break;
  }
  const uint32_t begin = token().begin;
  Expr* target = ParseExpression();
  if (failed_) return nullptr;
  if (!IsAssignment(kind())) {
    auto* statement = NewStmt<ExprStmt>(StmtKind::kExpr, begin);
    statement->expr = target;
    return statement;
  }
  const Token op = Take();
  auto* assign = NewStmt<AssignStmt>(StmtKind::kAssign, begin);
  assign->op = op.kind;
  assign->at = op.begin;
  assign->target = target;
  assign->value = ParseExpression();
  return assign;
}

Stmt* Parser::ParseReturn() {
  auto* statement = NewStmt<ReturnStmt>(StmtKind::kReturn, Take().begin);
  if (kind() != TokenKind::kNewline && kind() != TokenKind::kSemicolon &&
      kind() != TokenKind::kEnd) {
    statement->value = ParseExpression();
  }
  return statement;
}

// load("module", "a", b = "c")
Stmt* Parser::ParseLoad() {
  auto* load = NewStmt<LoadStmt>(StmtKind::kLoad, Take().begin);
  if (!Expect(TokenKind::kLparen)) return nullptr;
  const Token module = token();
  if (module.kind != TokenKind::kString) {
    ErrorAtOffset(module.begin, "first argument of load statement must be a string literal");
    return nullptr;
  }
  Take();
  load->module = module.value.As<String>();
  load->module_begin = module.begin;
  if (kind() == TokenKind::kRparen) {
    ErrorAtOffset(load->begin, "load statement must import at least 1 symbol");
    return nullptr;
  }
  std::vector<LoadBinding> bindings;
  if (!Expect(TokenKind::kComma)) return nullptr;
  while (kind() != TokenKind::kRparen && !failed_) {
    if (!ParseLoadBinding(bindings)) return nullptr;
    if (kind() != TokenKind::kRparen && !Expect(TokenKind::kComma)) return nullptr;
  }
  if (!Expect(TokenKind::kRparen)) return nullptr;
  if (bindings.empty()) {
    ErrorAtOffset(load->begin, "load statement must import at least 1 symbol");
  }
  load->bindings = Copy(bindings);
  return load;
}

bool Parser::ParseLoadBinding(std::vector<LoadBinding>& out) {
  LoadBinding binding{};
  const String* alias = nullptr;
  const uint32_t begin = token().begin;
  if (kind() == TokenKind::kName) {
    alias = Take().value.As<String>();
    if (kind() != TokenKind::kEquals) {
      ErrorAtOffset(begin, absl::StrCat("load operand must be \"", alias->view(),
                                        "\" or x=\"", alias->view(), "\""));
      return false;
    }
    Take();
  }
  const Token exported = token();
  if (exported.kind != TokenKind::kString) {
    SyntaxError("string literal");
    return false;
  }
  Take();
  binding.exported = Intern(*exported.value.As<String>());
  binding.exported_begin = exported.begin;
  binding.local = New<NameExpr>(ExprKind::kName, alias != nullptr ? begin : exported.begin,
                                alias != nullptr ? begin : exported.begin);
  binding.local->name = alias != nullptr ? alias : binding.exported;
  out.push_back(binding);
  return true;
}

Stmt* Parser::ParseDef() {
  const uint32_t begin = Take().begin;
  const Token name = token();
  if (!Expect(TokenKind::kName)) return nullptr;
  auto* function = new (nodes_.Allocate(sizeof(FunctionNode))) FunctionNode();
  function->name = name.value.As<String>();
  function->begin = name.begin;
  if (!Expect(TokenKind::kLparen)) return nullptr;
  function->parameters = Copy(ParseParameters(TokenKind::kRparen));
  if (!Expect(TokenKind::kRparen) || !Expect(TokenKind::kColon)) return nullptr;
  auto* statement = NewStmt<DefStmt>(StmtKind::kDef, begin);
  statement->name = New<NameExpr>(ExprKind::kName, name.begin, name.begin);
  statement->name->name = function->name;
  statement->function = function;
  function->body = ParseSuite();
  return statement;
}

Stmt* Parser::ParseIf() {
  auto* statement = NewStmt<IfStmt>(StmtKind::kIf, token().begin);
  std::vector<IfBranch> branches;
  do {
    Take();
    IfBranch branch{};
    branch.condition = ParseTest();
    if (!Expect(TokenKind::kColon)) return nullptr;
    branch.body = ParseSuite();
    branches.push_back(branch);
  } while (kind() == TokenKind::kElif && !failed_);
  if (!failed_ && Accept(TokenKind::kElse)) {
    IfBranch branch{};
    if (!Expect(TokenKind::kColon)) return nullptr;
    branch.body = ParseSuite();
    branches.push_back(branch);
  }
  statement->branches = Copy(branches);
  return statement;
}

Stmt* Parser::ParseFor() {
  auto* statement = NewStmt<ForStmt>(StmtKind::kFor, Take().begin);
  statement->vars = ParseLoopVariables();
  if (!Expect(TokenKind::kIn)) return nullptr;
  statement->iterable = ParseExpression();
  if (!Expect(TokenKind::kColon)) return nullptr;
  statement->body = ParseSuite();
  return statement;
}

std::span<Stmt*> Parser::ParseSuite() {
  std::vector<Stmt*> body;
  if (failed_) return {};
  if (kind() != TokenKind::kNewline) {
    ParseSimpleLine(body);
    return Copy(body);
  }
  Take();
  if (kind() != TokenKind::kIndent) {
    ErrorAtOffset(token().begin, "expected an indented block");
    return {};
  }
  Nesting nesting(*this);
  if (nesting.too_deep()) {
    ErrorAtOffset(token().begin, "statement is nested too deeply");
    return {};
  }
  Take();
  while (kind() != TokenKind::kOutdent && kind() != TokenKind::kEnd) {
    ParseStatement(body);
    if (failed_) SkipStatement();
  }
  Accept(TokenKind::kOutdent);
  return Copy(body);
}

}  // namespace cow::starlark
