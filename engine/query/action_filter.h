// mnemonic(), inputs() and outputs(): they stand around a query and choose among the actions of its targets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/diagnostic.h"
#include "engine/query/expression.h"
#include "engine/query/functions.h"

namespace cow::query {

struct ActionFilter {
  enum class What { kMnemonic, kInputs, kOutputs };
  What what = What::kMnemonic;
  TextPattern pattern{};

  // `texts`: the mnemonic, or the paths of inputs or outputs; one that matches is enough.
  bool Accepts(const std::vector<std::string>& texts) const;
};

struct FilteredExpression {
  std::vector<ActionFilter> filters{};
  const Expression* targets = nullptr;  // the part inside; lives in the expression it was taken from
};

// Failure: a diagnostic in `source` for a bad pattern.
absl::StatusOr<FilteredExpression> TakeActionFilters(const Expression& expression, const SourceFile& source);

}  // namespace cow::query
