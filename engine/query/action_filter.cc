#include "engine/query/action_filter.h"

#include <algorithm>
#include <optional>

#include "engine/base/command_line_error.h"
#include "engine/base/status.h"
#include "engine/query/function_table.h"

namespace cow::query {
namespace {

std::optional<ActionFilter::What> WhatOf(Function function) {
  if (function == Function::kMnemonic) return ActionFilter::What::kMnemonic;
  if (function == Function::kInputs) return ActionFilter::What::kInputs;
  if (function == Function::kOutputs) return ActionFilter::What::kOutputs;
  return std::nullopt;
}

}  // namespace

bool ActionFilter::Accepts(const std::vector<std::string>& texts) const {
  return std::any_of(texts.begin(), texts.end(), [&](const std::string& text) { return pattern.Matches(text); });
}

absl::StatusOr<FilteredExpression> TakeActionFilters(const Expression& expression, const SourceFile& source) {
  FilteredExpression result{.targets = &expression};
  while (const auto* call = std::get_if<CallExpression>(&result.targets->value)) {
    std::optional<ActionFilter::What> what = WhatOf(call->function->function);
    if (!what) break;
    absl::StatusOr<TextPattern> pattern = TextPattern::Compile(call->arguments[0].word);
    if (!pattern.ok()) {
      return MarkCommandLineError(ErrorAt(source, call->arguments[0].offset, pattern.status().message()));
    }
    result.filters.push_back({*what, *pattern});
    result.targets = call->arguments[1].expression.get();
  }
  return result;
}

}  // namespace cow::query
