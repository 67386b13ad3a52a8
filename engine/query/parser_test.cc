// The language: what parses, and where the caret stands when it does not.
#include "engine/query/parser.h"

#include "engine/query/function_table.h"
#include "engine/query/graph_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::query {
namespace {

// The expression with all parentheses, or the message.
std::string Shape(const Expression& expression) {
  if (const auto* pattern = std::get_if<PatternExpression>(&expression.value)) return pattern->pattern;
  if (const auto* variable = std::get_if<VariableExpression>(&expression.value)) return "$" + variable->name;
  if (const auto* set = std::get_if<SetExpression>(&expression.value)) {
    std::string text = "set(";
    for (const SetExpression::Word& word : set->words) text += (text == "set(" ? "" : " ") + word.pattern;
    return text + ")";
  }
  if (const auto* let = std::get_if<LetExpression>(&expression.value)) {
    return "let " + let->name + " = " + Shape(*let->value) + " in " + Shape(*let->body);
  }
  if (const auto* chain = std::get_if<ChainExpression>(&expression.value)) {
    std::string text = Shape(*chain->first);
    for (const ChainExpression::Step& step : chain->steps) {
      const char* op = step.op == ChainExpression::Operator::kUnion ? "+" : step.op == ChainExpression::Operator::kExcept ? "-" : "^";
      text = "(" + text + " " + op + " " + Shape(*step.operand) + ")";
    }
    return text;
  }
  const auto& call = std::get<CallExpression>(expression.value);
  std::string text;
  for (const Argument& argument : call.arguments) {
    text += (text.empty() ? "" : ", ") + (argument.expression == nullptr ? argument.word : Shape(*argument.expression));
  }
  return std::string(call.function->name) + "(" + text + ")";
}

std::string Parsed(std::string text) {
  absl::StatusOr<ExpressionPtr> expression = ParseQuery(SourceFile("query", std::move(text)));
  return expression.ok() ? Shape(**expression) : std::string(expression.status().message());
}

TEST(QueryParserTest, ReadsEveryForm) {
  EXPECT_EQ(Parsed("//a/b:c"), "//a/b:c");
  EXPECT_EQ(Parsed("'//a b'"), "//a b");
  EXPECT_EQ(Parsed("\"in\""), "in");
  EXPECT_EQ(Parsed("@r//a-b:c.d_e/f~g"), "@r//a-b:c.d_e/f~g");
  EXPECT_EQ(Parsed("//a:* + //..."), "(//a:* + //...)");
  EXPECT_EQ(Parsed("set(//a '//b' :c)"), "set(//a //b :c)");
  EXPECT_EQ(Parsed("set()"), "set()");
  EXPECT_EQ(Parsed("let x = //a in $x ^ //b"), "let x = //a in ($x ^ //b)");
  EXPECT_EQ(Parsed("deps(//a, 3)"), "deps(//a, 3)");
  EXPECT_EQ(Parsed("rbuildfiles(a/x.bzl, b.bzl)"), "rbuildfiles(a/x.bzl, b.bzl)");
  EXPECT_EQ(Parsed("attr(in, 'x y', //a)"), "attr(in, x y, //a)");
}

TEST(QueryParserTest, OperatorsBindAlikeFromLeftToRight) {
  EXPECT_EQ(Parsed("a + b - c ^ d"), "(((a + b) - c) ^ d)");
  EXPECT_EQ(Parsed("a union b except c intersect d"), "(((a + b) - c) ^ d)");
  EXPECT_EQ(Parsed("a - (b + c)"), "(a - (b + c))");
}

TEST(QueryParserTest, AFunctionsNameMayBeATarget) {
  EXPECT_EQ(Parsed("deps + tests(deps)"), "(deps + tests(deps))");
}

TEST(QueryParserTest, PointsAtWhatIsWrong) {
  EXPECT_EQ(Parsed("//a + dep(//b)"),
            "query:1:7: error: unknown function 'dep' (did you mean 'deps'?)\n"
            "  //a + dep(//b)\n"
            "        ^");
  EXPECT_EQ(Parsed("deps(//a"), "query:1:9: error: expected ',' or ')', got end of expression\n  deps(//a\n          ^");
  EXPECT_EQ(Parsed("//a //b"), "query:1:5: error: expected an operator or the end, got '//b'\n  //a //b\n      ^");
  EXPECT_EQ(Parsed("//a +"), "query:1:6: error: expected a target pattern, a function or '(', got end of expression\n  //a +\n       ^");
  EXPECT_EQ(Parsed("kind(rule)"), "query:1:10: error: too few arguments: kind(pattern, x)\n  kind(rule)\n           ^");
  EXPECT_EQ(Parsed("tests(a, b)"), "query:1:10: error: too many arguments: tests(x)\n  tests(a, b)\n           ^");
  EXPECT_EQ(Parsed("deps(a, many)"), "query:1:9: error: expected a number, got 'many': deps(x[, depth])\n  deps(a, many)\n          ^");
  EXPECT_EQ(Parsed("'//a"), "query:1:1: error: this quote is not closed\n  '//a\n  ^");
  EXPECT_EQ(Parsed("//a + #"), "query:1:7: error: '#' cannot begin a word; put quotes around the word\n  //a + #\n        ^");
  EXPECT_EQ(Parsed("let 1x = a in b"),
            "query:1:5: error: '1x' is no name of a variable: letters, digits and '_' make one\n  let 1x = a in b\n      ^");
  EXPECT_EQ(Parsed("let x = a"), "query:1:10: error: expected 'in', got end of expression\n  let x = a\n           ^");
  EXPECT_EQ(Parsed("  "), "query:1:3: error: the expression is empty\n    \n    ^");
}

TEST(QueryParserTest, HasALimitOfDepthButNotOfLength) {
  EXPECT_THAT(Parsed(std::string(5000, '(')), testing::HasSubstr("nested too deeply"));
  std::string chain = "a";
  for (int i = 0; i < 50000; ++i) chain += " + a";
  absl::StatusOr<ExpressionPtr> expression = ParseQuery(SourceFile("query", chain));
  ASSERT_TRUE(expression.ok());
  EXPECT_EQ(std::get<ChainExpression>((*expression)->value).steps.size(), 50000u);
}

}  // namespace
}  // namespace cow::query
