#include "engine/starlark/parser.h"

#include <algorithm>
#include <new>

#include "absl/strings/str_cat.h"
#include "engine/starlark/parser_nodes.h"

namespace cow::starlark {

namespace {

constexpr int kComparison = 4;
constexpr int kMaxPrecedence = 10;

std::string_view OperatorName(TokenKind op) {
  return op == TokenKind::kNot ? "not in" : TokenName(op);
}

// 0: not a binary operator.
int Precedence(TokenKind kind) {
  switch (kind) {
    case TokenKind::kOr: return 1;
    case TokenKind::kAnd: return 2;
    case TokenKind::kNot: return 4;  // not in
    case TokenKind::kEq:
    case TokenKind::kNotEq:
    case TokenKind::kLess:
    case TokenKind::kGreater:
    case TokenKind::kLessEq:
    case TokenKind::kGreaterEq:
    case TokenKind::kIn: return 4;
    case TokenKind::kPipe: return 5;
    case TokenKind::kCaret: return 6;
    case TokenKind::kAmp: return 7;
    case TokenKind::kLess2:
    case TokenKind::kGreater2: return 8;
    case TokenKind::kPlus:
    case TokenKind::kMinus: return 9;
    case TokenKind::kStar:
    case TokenKind::kSlash:
    case TokenKind::kSlashSlash:
    case TokenKind::kPercent: return 10;
    default: return 0;
  }
}

}  // namespace

Parser::Parser(std::vector<Token> tokens, Heap& nodes, StaticErrors& errors)
    : tokens_(std::move(tokens)), nodes_(nodes), errors_(errors) {}

Token Parser::Take() {
  Token taken = tokens_[at_];
  if (at_ + 1 < tokens_.size()) ++at_;
  return taken;
}

bool Parser::Accept(TokenKind wanted) {
  if (kind() != wanted) return false;
  Take();
  return true;
}

bool Parser::Expect(TokenKind wanted, uint32_t* begin) {
  if (begin != nullptr) *begin = token().begin;
  if (Accept(wanted)) return true;
  SyntaxError(TokenName(wanted));
  return false;
}

std::string Parser::TokenText(const Token& shown) const {
  switch (shown.kind) {
    case TokenKind::kEnd:
    case TokenKind::kNewline:
    case TokenKind::kIndent:
    case TokenKind::kOutdent: return std::string(TokenName(shown.kind));
    default: break;
  }
  std::string_view text = errors_.source().text();
  text = text.substr(shown.begin, shown.end - shown.begin);
  constexpr size_t kShown = 60;
  if (text.size() > kShown || text.find('\n') != text.npos)
    return std::string(TokenName(shown.kind));
  return std::string(text);
}

void Parser::SyntaxError(std::string_view expected) {
  const bool unclosed = !errors_.empty() && token().end >= errors_.source().text().size();
  if (kind() == TokenKind::kIllegal || unclosed) {
    failed_ = true;  // the scanner has told already
    return;
  }
  if (kind() == TokenKind::kReserved) {
    ErrorAtOffset(token().begin, absl::StrCat("syntax error at '", TokenText(token()),
                                              "': it is a reserved word"));
    return;
  }
  ErrorAtOffset(token().begin,
                absl::StrCat("syntax error at '", TokenText(token()), "': expected ", expected));
}

void Parser::ErrorAtOffset(uint32_t offset, std::string_view message) {
  if (!failed_) errors_.Add(offset, message);
  failed_ = true;
}

Expr* Parser::ErrorExpr() { return New<Expr>(ExprKind::kError, token().begin, token().begin); }

Expr* Parser::Over(Expr* expr, std::initializer_list<const Expr*> parts) {
  int depth = 0;
  for (const Expr* part : parts) {
    if (part != nullptr) depth = std::max<int>(depth, part->depth);
  }
  expr->depth = static_cast<uint16_t>(std::max<int>(expr->depth, depth + 1));
  if (expr->depth <= kMaxDepth) return expr;
  ErrorAtOffset(expr->at, "expression is nested too deeply");
  return ErrorExpr();
}

bool Parser::StartsExpression() const {
  switch (kind()) {
    case TokenKind::kName:
    case TokenKind::kInt:
    case TokenKind::kFloat:
    case TokenKind::kString:
    case TokenKind::kBytes:
    case TokenKind::kLparen:
    case TokenKind::kLbracket:
    case TokenKind::kLbrace:
    case TokenKind::kPlus:
    case TokenKind::kMinus:
    case TokenKind::kTilde:
    case TokenKind::kNot:
    case TokenKind::kLambda: return true;
    default: return false;
  }
}

Expr* Parser::ParseExpression() { return ParseTupleRest(ParseTest(), false); }

// first, second, ...: a tuple if there is a comma.
Expr* Parser::ParseTupleRest(Expr* first, bool allow_trailing_comma) {
  if (kind() != TokenKind::kComma || failed_) return first;
  auto* tuple = New<SequenceExpr>(ExprKind::kTuple, first->begin, first->begin);
  std::vector<Expr*> elements{first};
  while (kind() == TokenKind::kComma && !failed_) {
    const uint32_t comma = Take().begin;
    if (!StartsExpression()) {
      if (!allow_trailing_comma) {
        ErrorAtOffset(comma, "trailing comma is allowed only in parenthesized tuples");
      }
      break;
    }
    elements.push_back(ParseTest());
  }
  tuple->elements = Copy(elements);
  Expr* result = tuple;
  for (Expr* element : elements) result = Over(result, {element});
  return result;
}

Expr* Parser::ParseTest() {
  Nesting nesting(*this);
  if (nesting.too_deep()) {
    ErrorAtOffset(token().begin, "expression is nested too deeply");
    return ErrorExpr();
  }
  if (kind() == TokenKind::kLambda) return ParseLambda(false);
  Expr* value = ParseBinary(1);
  if (kind() != TokenKind::kIf || failed_) return value;
  const uint32_t at = Take().begin;
  Expr* condition = ParseBinary(1);
  if (!Accept(TokenKind::kElse)) {
    if (!failed_) {
      ErrorAtOffset(value->begin,
                    "missing else clause in conditional expression or semicolon before if");
    }
    return ErrorExpr();
  }
  auto* cond = New<CondExpr>(ExprKind::kCond, value->begin, at);
  cond->if_true = value;
  cond->condition = condition;
  cond->if_false = ParseTest();
  return Over(cond, {cond->if_true, cond->condition, cond->if_false});
}

Expr* Parser::ParseTestNoCond() {
  Nesting nesting(*this);
  if (nesting.too_deep()) {
    ErrorAtOffset(token().begin, "expression is nested too deeply");
    return ErrorExpr();
  }
  return kind() == TokenKind::kLambda ? ParseLambda(true) : ParseBinary(1);
}

Expr* Parser::ParseLambda(bool no_cond) {
  const uint32_t begin = Take().begin;
  auto* function = new (nodes_.Allocate(sizeof(FunctionNode))) FunctionNode();
  function->name = Intern("lambda");
  function->begin = begin;
  function->is_lambda = true;
  function->parameters = Copy(ParseParameters(TokenKind::kColon));
  if (!Expect(TokenKind::kColon)) return ErrorExpr();
  function->result = no_cond ? ParseTestNoCond() : ParseTest();
  auto* lambda = New<LambdaExpr>(ExprKind::kLambda, begin, begin);
  lambda->function = function;
  for (const Parameter& parameter : function->parameters) Over(lambda, {parameter.default_value});
  return Over(lambda, {function->result});
}

// Precedence climbing. Left-associative chains grow in a loop.
Expr* Parser::ParseBinary(int precedence) {
  if (precedence > kMaxPrecedence) return ParseUnary();
  if (kind() == TokenKind::kNot && precedence <= 3) {
    Nesting nesting(*this);
    if (nesting.too_deep()) {
      ErrorAtOffset(token().begin, "expression is nested too deeply");
      return ErrorExpr();
    }
    const uint32_t begin = Take().begin;
    auto* unary = New<UnaryExpr>(ExprKind::kUnary, begin, begin);
    unary->op = TokenKind::kNot;
    unary->operand = ParseBinary(3);
    return ParseBinaryRest(Over(unary, {unary->operand}), precedence);
  }
  return ParseBinaryRest(ParseUnary(), precedence);
}

Expr* Parser::ParseBinaryRest(Expr* left, int precedence) {
  TokenKind comparison = TokenKind::kEnd;
  while (!failed_) {
    const TokenKind op = kind();
    const int level = Precedence(op);
    if (level < precedence || level == 0) break;
    if (op == TokenKind::kNot && Next().kind != TokenKind::kIn) break;
    if (level == kComparison) {
      if (comparison != TokenKind::kEnd) {
        ErrorAtOffset(token().begin,
                      absl::StrCat("Operator '", OperatorName(comparison),
                                   "' is not associative with operator '", OperatorName(op),
                                   "'; use parentheses"));
        break;
      }
      comparison = op;
    } else if (level < kComparison) {
      comparison = TokenKind::kEnd;
    }
    const uint32_t at = Take().begin;
    if (op == TokenKind::kNot) Take();
    auto* binary = New<BinaryExpr>(ExprKind::kBinary, left->begin, at);
    binary->op = op;
    binary->left = left;
    binary->right = ParseBinary(level + 1);
    binary->depth = left->depth;  // the chain itself is walked in a loop
    left = Over(binary, {binary->right});
  }
  return left;
}

Expr* Parser::ParseUnary() {
  if (kind() != TokenKind::kPlus && kind() != TokenKind::kMinus && kind() != TokenKind::kTilde) {
    return ParsePrimaryWithSuffix();
  }
  Nesting nesting(*this);
  if (nesting.too_deep()) {
    ErrorAtOffset(token().begin, "expression is nested too deeply");
    return ErrorExpr();
  }
  const Token op = Take();
  auto* unary = New<UnaryExpr>(ExprKind::kUnary, op.begin, op.begin);
  unary->op = op.kind;
  unary->operand = ParseUnary();
  return Over(unary, {unary->operand});
}

Expr* Parser::ParsePrimaryWithSuffix() {
  Expr* expr = ParsePrimary();
  while (!failed_) {
    if (kind() == TokenKind::kDot) {
      const uint32_t dot = Take().begin;
      const Token name = token();
      if (!Expect(TokenKind::kName)) return ErrorExpr();
      auto* access = New<DotExpr>(ExprKind::kDot, expr->begin, dot);
      access->object = expr;
      access->name = name.value.As<String>();
      expr = Over(access, {expr});
    } else if (kind() == TokenKind::kLparen) {
      expr = ParseCall(expr);
    } else if (kind() == TokenKind::kLbracket) {
      expr = ParseIndexOrSlice(expr);
    } else {
      break;
    }
  }
  return expr;
}

Expr* Parser::ParsePrimary() {
  const Token first = token();
  switch (first.kind) {
    case TokenKind::kName: {
      Take();
      auto* name = New<NameExpr>(ExprKind::kName, first.begin, first.begin);
      name->name = first.value.As<String>();
      return name;
    }
    case TokenKind::kInt:
    case TokenKind::kFloat:
    case TokenKind::kString:
    case TokenKind::kBytes: {
      Take();
      auto* literal = New<LiteralExpr>(ExprKind::kLiteral, first.begin, first.begin);
      literal->token = first.kind;
      literal->value = first.value;
      if (kind() == first.kind && first.kind == TokenKind::kString) {
        ErrorAtOffset(token().begin,
                      "implicit string concatenation is forbidden, use the + operator");
      }
      return literal;
    }
    case TokenKind::kLparen: return ParseParenthesized();
    case TokenKind::kLbracket: return ParseListOrComprehension();
    case TokenKind::kLbrace: return ParseDictOrComprehension();
    default:
      SyntaxError("expression");
      return ErrorExpr();
  }
}

Expr* Parser::ParseParenthesized() {
  const uint32_t begin = Take().begin;
  if (Accept(TokenKind::kRparen)) {
    auto* empty = New<SequenceExpr>(ExprKind::kTuple, begin, begin);
    empty->parenthesized = true;
    return empty;
  }
  Expr* inner = ParseTupleRest(ParseTest(), true);
  if (inner->kind == ExprKind::kTuple) inner->begin = begin;
  inner->parenthesized = true;
  Expect(TokenKind::kRparen);
  return inner;
}

// x, or (x, y), or x, y: what may stand between `for` and `in`.
Expr* Parser::ParseLoopVariables() {
  Expr* first = ParsePrimaryWithSuffix();
  if (kind() != TokenKind::kComma) return first;
  auto* tuple = New<SequenceExpr>(ExprKind::kTuple, first->begin, first->begin);
  std::vector<Expr*> elements{first};
  while (Accept(TokenKind::kComma) && !failed_ && kind() != TokenKind::kIn) {
    elements.push_back(ParsePrimaryWithSuffix());
  }
  tuple->elements = Copy(elements);
  Expr* result = tuple;
  for (Expr* element : elements) result = Over(result, {element});
  return result;
}

Expr* Parser::ParseComprehensionRest(uint32_t begin, bool is_dict, Expr* body, Expr* value,
                                     uint32_t colon, TokenKind close) {
  auto* comprehension = New<ComprehensionExpr>(ExprKind::kComprehension, begin, begin);
  comprehension->is_dict = is_dict;
  comprehension->body = body;
  comprehension->value = value;
  comprehension->colon = colon;
  std::vector<Clause> clauses;
  while (!failed_ && kind() != close) {
    Clause clause{};
    clause.begin = token().begin;
    if (Accept(TokenKind::kFor)) {
      clause.is_for = true;
      clause.vars = ParseLoopVariables();
      if (!Expect(TokenKind::kIn)) break;
      clause.expr = ParseBinary(1);
    } else if (Accept(TokenKind::kIf)) {
      clause.expr = ParseTestNoCond();
    } else {
      SyntaxError(absl::StrCat(TokenName(close), ", for or if"));
      break;
    }
    clauses.push_back(clause);
  }
  Expect(close);
  comprehension->clauses = Copy(clauses);
  for (const Clause& clause : clauses) Over(comprehension, {clause.vars, clause.expr});
  return Over(comprehension, {body, value});
}

}  // namespace cow::starlark
