#include "engine/query/function_table.h"

namespace cow::query {

const std::vector<FunctionSpec>& Functions() {
  constexpr ParameterKind kSet = ParameterKind::kExpression;
  constexpr ParameterKind kWord = ParameterKind::kWord;
  constexpr ParameterKind kNumber = ParameterKind::kNumber;
  static const auto& functions = *new std::vector<FunctionSpec>{
      {"allpaths", Function::kAllPaths, {kSet, kSet}, 2, false, "allpaths(from, to)"},
      {"allrdeps", Function::kAllRdeps, {kSet, kNumber}, 1, false, "allrdeps(x[, depth])"},
      {"attr", Function::kAttr, {kWord, kWord, kSet}, 3, false, "attr(name, pattern, x)"},
      {"buildfiles", Function::kBuildFiles, {kSet}, 1, false, "buildfiles(x)"},
      {"config", Function::kConfig, {kSet, kWord}, 2, false, "config(x, configuration)"},
      {"deps", Function::kDeps, {kSet, kNumber}, 1, false, "deps(x[, depth])"},
      {"executables", Function::kExecutables, {kSet}, 1, false, "executables(x)"},
      {"filter", Function::kFilter, {kWord, kSet}, 2, false, "filter(pattern, x)"},
      {"inputs", Function::kInputs, {kWord, kSet}, 2, false, "inputs(pattern, x)"},
      {"kind", Function::kKind, {kWord, kSet}, 2, false, "kind(pattern, x)"},
      {"labels", Function::kLabels, {kWord, kSet}, 2, false, "labels(attribute, x)"},
      {"loadfiles", Function::kLoadFiles, {kSet}, 1, false, "loadfiles(x)"},
      {"mnemonic", Function::kMnemonic, {kWord, kSet}, 2, false, "mnemonic(pattern, x)"},
      {"outputs", Function::kOutputs, {kWord, kSet}, 2, false, "outputs(pattern, x)"},
      {"rbuildfiles", Function::kRbuildFiles, {kWord}, 1, true, "rbuildfiles(file, ...)"},
      {"rdeps", Function::kRdeps, {kSet, kSet, kNumber}, 2, false, "rdeps(universe, x[, depth])"},
      {"same_pkg_direct_rdeps", Function::kSamePackageDirectRdeps, {kSet}, 1, false, "same_pkg_direct_rdeps(x)"},
      {"siblings", Function::kSiblings, {kSet}, 1, false, "siblings(x)"},
      {"some", Function::kSome, {kSet, kNumber}, 1, false, "some(x[, count])"},
      {"somepath", Function::kSomePath, {kSet, kSet}, 2, false, "somepath(from, to)"},
      {"tests", Function::kTests, {kSet}, 1, false, "tests(x)"},
      {"visible", Function::kVisible, {kSet, kSet}, 2, false, "visible(from, x)"},
  };
  return functions;
}

const FunctionSpec* FindFunction(std::string_view name) {
  for (const FunctionSpec& function : Functions()) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

}  // namespace cow::query
