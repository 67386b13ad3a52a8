// How the result of a query is printed.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/query/node_set.h"
#include "engine/query/order.h"
#include "engine/query/query_graph.h"

namespace cow::query {

enum class OutputFormat {
  kLabel,
  kLabelKind,
  kBuild,
  kJson,
  kGraph,
  kFiles,
  kPackage,
  kLocation,
  kMinRank,
  kMaxRank,
};

// kInvalidArgument lists the formats.
absl::StatusOr<OutputFormat> ParseOutputFormat(std::string_view name);
absl::StatusOr<OrderOutput> ParseOrderOutput(std::string_view name);

// Complete lines; "" for an empty result, except for graph, which is a graph without nodes.
absl::StatusOr<std::string> Render(QueryGraph& graph, const NodeSet& nodes, OutputFormat format, OrderOutput order);

}  // namespace cow::query
