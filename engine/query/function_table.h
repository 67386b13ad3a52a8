// The functions of the query language: names and parameters, for the parser and for messages. What they do is in
// functions.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cow::query {

enum class Function {
  kAllPaths,
  kAllRdeps,
  kAttr,
  kBuildFiles,
  kConfig,
  kDeps,
  kExecutables,
  kFilter,
  kInputs,
  kKind,
  kLabels,
  kLoadFiles,
  kMnemonic,
  kOutputs,
  kRbuildFiles,
  kRdeps,
  kSamePackageDirectRdeps,
  kSiblings,
  kSome,
  kSomePath,
  kTests,
  kVisible,
};

enum class ParameterKind { kExpression, kWord, kNumber };

struct FunctionSpec {
  std::string_view name;
  Function function;
  std::vector<ParameterKind> parameters;
  size_t mandatory;             // how many of them must be given
  bool repeats = false;         // the last parameter may be given again and again
  std::string_view usage;       // "deps(x[, depth])"
};

// In order of name.
const std::vector<FunctionSpec>& Functions();
const FunctionSpec* FindFunction(std::string_view name);  // nullptr if absent

}  // namespace cow::query
