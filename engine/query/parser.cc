#include "engine/query/parser.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/edit_distance.h"
#include "engine/base/status.h"
#include "engine/query/function_table.h"
#include "engine/query/token.h"

namespace cow::query {
namespace {

// Deeper nesting is refused, so that no text can use up the stack.
constexpr int kMaxDepth = 1000;

bool IsName(std::string_view text) {
  if (text.empty() || absl::ascii_isdigit(static_cast<unsigned char>(text[0]))) return false;
  for (char c : text) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '_') return false;
  }
  return true;
}

ExpressionPtr MakeNode(size_t offset, auto value) {
  auto node = std::make_unique<Expression>();
  node->offset = offset;
  node->value = std::move(value);
  return node;
}

std::optional<ChainExpression::Operator> OperatorOf(TokenKind kind) {
  if (kind == TokenKind::kUnion) return ChainExpression::Operator::kUnion;
  if (kind == TokenKind::kExcept) return ChainExpression::Operator::kExcept;
  if (kind == TokenKind::kIntersect) return ChainExpression::Operator::kIntersect;
  return std::nullopt;
}

class Parser {
 public:
  Parser(const SourceFile& source, std::vector<Token> tokens) : source_(source), tokens_(std::move(tokens)) {}

  absl::StatusOr<ExpressionPtr> Run() {
    if (Now().kind == TokenKind::kEnd) return Fail(Now(), "the expression is empty");
    COW_ASSIGN_OR_RETURN(ExpressionPtr expression, ParseExpression());
    if (Now().kind == TokenKind::kEnd) return expression;
    return Fail(Now(), absl::StrCat("expected an operator or the end, got ", Describe(Now())));
  }

 private:
  const Token& Now() const { return tokens_[at_]; }
  const Token& Take() { return tokens_[at_++]; }

  absl::Status Fail(const Token& token, std::string_view message, std::string_view suggestion = {}) const {
    return ErrorAt(source_, token.offset, message, suggestion);
  }

  absl::StatusOr<Token> Expect(TokenKind kind, std::string_view what) {
    if (Now().kind == kind) return Take();
    return Fail(Now(), absl::StrCat("expected ", what, ", got ", Describe(Now())));
  }

  absl::StatusOr<ExpressionPtr> ParseExpression() {
    if (++depth_ > kMaxDepth) return Fail(Now(), "the expression is nested too deeply");
    ChainExpression chain;
    COW_ASSIGN_OR_RETURN(chain.first, ParseTerm());
    while (std::optional<ChainExpression::Operator> op = OperatorOf(Now().kind)) {
      Take();
      COW_ASSIGN_OR_RETURN(ExpressionPtr operand, ParseTerm());
      chain.steps.push_back({*op, std::move(operand)});
    }
    --depth_;
    if (chain.steps.empty()) return std::move(chain.first);
    size_t offset = chain.first->offset;
    return MakeNode(offset, std::move(chain));
  }

  absl::StatusOr<ExpressionPtr> ParseTerm() {
    const Token& token = Now();
    switch (token.kind) {
      case TokenKind::kWord: return ParseWord();
      case TokenKind::kLeft: {
        Take();
        COW_ASSIGN_OR_RETURN(ExpressionPtr inner, ParseExpression());
        COW_RETURN_IF_ERROR(Expect(TokenKind::kRight, "')'").status());
        return inner;
      }
      case TokenKind::kLet: return ParseLet();
      case TokenKind::kSet: return ParseSet();
      case TokenKind::kRight:
      case TokenKind::kComma:
      case TokenKind::kEquals:
      case TokenKind::kUnion:
      case TokenKind::kExcept:
      case TokenKind::kIntersect:
      case TokenKind::kIn:
      case TokenKind::kEnd: break;
    }
    return Fail(token, absl::StrCat("expected a target pattern, a function or '(', got ", Describe(token)));
  }

  absl::StatusOr<ExpressionPtr> ParseWord() {
    const Token& word = Take();
    if (!word.quoted && Now().kind == TokenKind::kLeft) return ParseCall(word);
    if (!word.quoted && absl::StartsWith(word.text, "$")) {
      return MakeNode(word.offset, VariableExpression{word.text.substr(1)});
    }
    return MakeNode(word.offset, PatternExpression{word.text});
  }

  absl::StatusOr<ExpressionPtr> ParseLet() {
    size_t offset = Take().offset;
    COW_ASSIGN_OR_RETURN(Token name, Expect(TokenKind::kWord, "the name of a variable"));
    if (!IsName(name.text)) {
      return Fail(name, absl::StrCat("'", name.text, "' is no name of a variable: letters, digits and '_' make one"));
    }
    COW_RETURN_IF_ERROR(Expect(TokenKind::kEquals, "'='").status());
    COW_ASSIGN_OR_RETURN(ExpressionPtr value, ParseExpression());
    COW_RETURN_IF_ERROR(Expect(TokenKind::kIn, "'in'").status());
    COW_ASSIGN_OR_RETURN(ExpressionPtr body, ParseExpression());
    return MakeNode(offset, LetExpression{name.text, std::move(value), std::move(body)});
  }

  absl::StatusOr<ExpressionPtr> ParseSet() {
    size_t offset = Take().offset;
    COW_RETURN_IF_ERROR(Expect(TokenKind::kLeft, "'('").status());
    SetExpression set;
    while (Now().kind == TokenKind::kWord) {
      const Token& word = Take();
      set.words.push_back({word.text, word.offset});
    }
    COW_RETURN_IF_ERROR(Expect(TokenKind::kRight, "a target pattern or ')'").status());
    return MakeNode(offset, std::move(set));
  }

  absl::StatusOr<ExpressionPtr> ParseCall(const Token& name) {
    const FunctionSpec* function = FindFunction(name.text);
    if (function == nullptr) {
      std::vector<std::string> names;
      for (const FunctionSpec& known : Functions()) names.emplace_back(known.name);
      return Fail(name, absl::StrCat("unknown function '", name.text, "'"), ClosestMatch(name.text, names));
    }
    Take();  // '('
    CallExpression call{.function = function};
    while (true) {
      size_t index = call.arguments.size();
      if (index >= function->parameters.size() && !function->repeats) {
        return Fail(Now(), absl::StrCat("too many arguments: ", function->usage));
      }
      COW_ASSIGN_OR_RETURN(Argument argument,
                           ParseArgument(*function, function->parameters[std::min(index, function->parameters.size() - 1)]));
      call.arguments.push_back(std::move(argument));
      if (Now().kind != TokenKind::kComma) break;
      Take();
    }
    if (Now().kind == TokenKind::kRight && call.arguments.size() < function->mandatory) {
      return Fail(Now(), absl::StrCat("too few arguments: ", function->usage));
    }
    COW_RETURN_IF_ERROR(Expect(TokenKind::kRight, "',' or ')'").status());
    return MakeNode(name.offset, std::move(call));
  }

  absl::StatusOr<Argument> ParseArgument(const FunctionSpec& function, ParameterKind kind) {
    Argument argument{.offset = Now().offset};
    if (kind == ParameterKind::kExpression) {
      if (Now().kind == TokenKind::kRight) return Fail(Now(), absl::StrCat("too few arguments: ", function.usage));
      COW_ASSIGN_OR_RETURN(argument.expression, ParseExpression());
      return argument;
    }
    // A keyword may be meant as what it says: attr(in, ...).
    if (Now().kind != TokenKind::kWord && absl::ascii_isalpha(static_cast<unsigned char>(Now().text[0])) == 0) {
      return Fail(Now(), absl::StrCat("expected ", kind == ParameterKind::kWord ? "a word" : "a number", ", got ",
                                      Describe(Now()), ": ", function.usage));
    }
    const Token& word = Take();
    argument.word = word.text;
    if (kind == ParameterKind::kNumber && (!absl::SimpleAtoi(word.text, &argument.number) || argument.number < 0)) {
      return Fail(word, absl::StrCat("expected a number, got '", word.text, "': ", function.usage));
    }
    return argument;
  }

  const SourceFile& source_;
  const std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

absl::StatusOr<ExpressionPtr> ParseQuery(const SourceFile& source) {
  COW_ASSIGN_OR_RETURN(std::vector<Token> tokens, Scan(source));
  return Parser(source, std::move(tokens)).Run();
}

}  // namespace cow::query
