// ParseQuery: the text of a query to an Expression.
//
//   expression: term (OPERATOR term)*          all operators bind alike, from left to right
//   term: WORD | '(' expression ')' | 'set' '(' WORD* ')' | 'let' NAME '=' expression 'in' expression
//       | FUNCTION '(' argument (',' argument)* ')'
#pragma once

#include "absl/status/statusor.h"
#include "engine/base/diagnostic.h"
#include "engine/query/expression.h"

namespace cow::query {

// Failure: a diagnostic with a caret in `source`.
absl::StatusOr<ExpressionPtr> ParseQuery(const SourceFile& source);

}  // namespace cow::query
