// In which order the nodes of a result are shown, and how far each is from the top.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/query/node_set.h"
#include "engine/query/query_graph.h"

namespace cow::query {

enum class OrderOutput {
  kAuto,  // by name
  kNo,    // as found
  kDeps,  // what depends on something comes before it; then by name
  kFull,  // the same
};

// Edges between the nodes of a result, in the order of `nodes`.
struct ResultGraph {
  std::vector<NodeId> nodes{};                          // by name
  std::vector<std::vector<size_t>> dependencies{};      // by position in `nodes`: positions, ascending
};

// Edges to what is not in the result are left out, as are edges that cannot be followed.
ResultGraph EdgesWithin(QueryGraph& graph, const NodeSet& nodes);

std::vector<NodeId> Ordered(QueryGraph& graph, const NodeSet& nodes, OrderOutput order);

struct Rank {
  int rank = 0;
  NodeId node = 0;
};
// The length of the shortest (or longest) way from a node that nothing in the result depends on; by rank, then name.
// Nodes of a cycle that nothing outside leads to are tops. kInvalidArgument if the longest way goes around a cycle.
absl::StatusOr<std::vector<Rank>> Ranked(QueryGraph& graph, const NodeSet& nodes, bool longest);

}  // namespace cow::query
