// Parser: tokens -> syntax tree, by recursive descent with a limit on nesting.
//
// A syntax error is reported once per statement: parsing goes on at the next one. The height of the
// tree is limited, so later passes may recurse over it; only chains of binary operators, which nest
// to the left, have no limit and must be walked in a loop.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "engine/starlark/heap.h"
#include "engine/starlark/static_errors.h"
#include "engine/starlark/syntax.h"
#include "engine/starlark/token.h"

namespace cow::starlark {

class Parser {
 public:
  // Nodes are made in `nodes`.
  Parser(std::vector<Token> tokens, Heap& nodes, StaticErrors& errors);

  std::vector<Stmt*> ParseFile();

 private:
  static constexpr int kMaxDepth = 400;

  // Counts nesting while in scope.
  class Nesting {
   public:
    explicit Nesting(Parser& parser) : parser_(parser) { ++parser_.depth_; }
    ~Nesting() { --parser_.depth_; }
    bool too_deep() const { return parser_.depth_ > kMaxDepth; }

   private:
    Parser& parser_;
  };

  const Token& token() const { return tokens_[at_]; }
  TokenKind kind() const { return tokens_[at_].kind; }
  const Token& Next() { return tokens_[at_ + 1 < tokens_.size() ? at_ + 1 : at_]; }
  Token Take();
  bool Accept(TokenKind kind);
  // False, and a syntax error, if the token is another one.
  bool Expect(TokenKind kind, uint32_t* begin = nullptr);
  void SyntaxError(std::string_view expected);
  void ErrorAtOffset(uint32_t offset, std::string_view message);
  std::string TokenText(const Token& token) const;
  void SkipStatement();

  template <typename T>
  T* New(ExprKind kind, uint32_t begin, uint32_t at);
  template <typename T>
  T* NewStmt(StmtKind kind, uint32_t begin);
  template <typename T>
  std::span<T> Copy(const std::vector<T>& items);
  Expr* ErrorExpr();
  // Records the height of the tree under `expr`, which has these parts (nullptr: none). An error,
  // and an error expression, if it is too high.
  Expr* Over(Expr* expr, std::initializer_list<const Expr*> parts);

  // parser_statements.cc
  void ParseStatement(std::vector<Stmt*>& out);
  void ParseSimpleLine(std::vector<Stmt*>& out);
  Stmt* ParseSmall();
  Stmt* ParseDef();
  Stmt* ParseIf();
  Stmt* ParseFor();
  Stmt* ParseLoad();
  Stmt* ParseReturn();
  bool ParseLoadBinding(std::vector<LoadBinding>& out);
  std::span<Stmt*> ParseSuite();

  // parser.cc
  Expr* ParseExpression();  // with unparenthesized tuples
  Expr* ParseTupleRest(Expr* first, bool allow_trailing_comma);
  Expr* ParseTest();
  Expr* ParseTestNoCond();
  Expr* ParseBinary(int precedence);
  Expr* ParseBinaryRest(Expr* left, int precedence);
  Expr* ParseUnary();
  Expr* ParsePrimaryWithSuffix();
  Expr* ParsePrimary();
  Expr* ParseLambda(bool no_cond);
  Expr* ParseLoopVariables();
  Expr* ParseCall(Expr* function);
  bool ParseArgument(std::vector<Argument>& out);
  Expr* ParseIndexOrSlice(Expr* object);
  Expr* ParseParenthesized();
  Expr* ParseListOrComprehension();
  Expr* ParseDictOrComprehension();
  Expr* ParseComprehensionRest(uint32_t begin, bool is_dict, Expr* body, Expr* value,
                               uint32_t colon, TokenKind close);
  std::vector<Parameter> ParseParameters(TokenKind close);
  bool ParseParameter(std::vector<Parameter>& out);
  bool StartsExpression() const;

  std::vector<Token> tokens_;
  Heap& nodes_;
  StaticErrors& errors_;
  size_t at_ = 0;
  int depth_ = 0;
  bool failed_ = false;  // the current statement has a syntax error; be quiet until the next one
};

}  // namespace cow::starlark
