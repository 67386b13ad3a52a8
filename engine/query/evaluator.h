// Evaluate: an expression over a graph.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/diagnostic.h"
#include "engine/query/expression.h"
#include "engine/query/node_set.h"
#include "engine/query/query_graph.h"

namespace cow::query {

struct EvaluationOptions {
  bool keep_going = false;                       // go past targets and packages that are broken
  std::string universe_scope = "//...";          // of allrdeps and rbuildfiles: patterns, separated by commas
};

struct Evaluation {
  NodeSet nodes{};
  std::vector<absl::Status> errors{};  // with keep_going: each message once
};

// `source` is the text the expression was parsed from; `graph` and `expression` outlive the call. Failure: a
// diagnostic with a caret in the expression (bad pattern, wrong level, unknown variable), or what the graph says.
absl::StatusOr<Evaluation> Evaluate(const Expression& expression, const SourceFile& source, QueryGraph& graph,
                                    const EvaluationOptions& options);

}  // namespace cow::query
