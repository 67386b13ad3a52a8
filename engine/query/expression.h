// Expression: a query as a tree. Immutable after parsing.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace cow::query {

struct FunctionSpec;
struct Expression;
using ExpressionPtr = std::unique_ptr<const Expression>;

// A target pattern, as typed.
struct PatternExpression {
  std::string pattern{};
};

// set(//a //b): patterns without operators between them.
struct SetExpression {
  struct Word {
    std::string pattern{};
    size_t offset = 0;
  };
  std::vector<Word> words{};
};

// let name = value in body
struct LetExpression {
  std::string name{};
  ExpressionPtr value{};
  ExpressionPtr body{};
};

// $name
struct VariableExpression {
  std::string name{};
};

// first + a - b: from left to right. Flat, because a generated query may be a chain of thousands.
struct ChainExpression {
  enum class Operator { kUnion, kExcept, kIntersect };
  struct Step {
    Operator op = Operator::kUnion;
    ExpressionPtr operand{};
  };
  ExpressionPtr first{};
  std::vector<Step> steps{};
};

// One argument of a call, of the kind the function declares.
struct Argument {
  ExpressionPtr expression{};  // a set of targets
  std::string word{};          // a pattern or name
  int number = 0;
  size_t offset = 0;
};

struct CallExpression {
  const FunctionSpec* function = nullptr;
  std::vector<Argument> arguments{};
};

struct Expression {
  size_t offset = 0;  // in the text
  std::variant<PatternExpression, SetExpression, LetExpression, VariableExpression, ChainExpression, CallExpression> value{};
};

}  // namespace cow::query
