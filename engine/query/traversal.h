// Traversal: walks over a QueryGraph. Every walk visits nodes in breadth-first order, so that results are the same each
// time.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/query/node_set.h"
#include "engine/query/query_graph.h"

namespace cow::query {

inline constexpr int kAnyDepth = -1;

// Says what becomes of a failure: an OK status goes on without the edges.
using FailureHandler = std::function<absl::Status(absl::Status)>;

// One thread.
class Traversal {
 public:
  // Both outlive it.
  Traversal(QueryGraph& graph, const FailureHandler& on_failure) : graph_(graph), on_failure_(on_failure) {}

  // Direct dependencies, with failures handled.
  absl::StatusOr<std::vector<NodeId>> Dependencies(NodeId node);

  // `roots` and what they depend on, at most `depth` steps away.
  absl::StatusOr<NodeSet> Closure(const NodeSet& roots, int depth);

  // Nodes of `universe` (closed under Dependencies) that reach one of `targets` in at most `depth` steps, those of
  // `targets` that are in the universe included.
  absl::StatusOr<NodeSet> Reverse(const NodeSet& universe, const NodeSet& targets, int depth);

  // All nodes on paths from `from` to `to`.
  absl::StatusOr<NodeSet> AllPaths(const NodeSet& from, const NodeSet& to);
  // A shortest such path, first node first; empty if there is none.
  absl::StatusOr<std::vector<NodeId>> SomePath(const NodeSet& from, const NodeSet& to);

 private:
  QueryGraph& graph_;
  const FailureHandler& on_failure_;
  absl::flat_hash_map<NodeId, std::vector<NodeId>> known_;
};

}  // namespace cow::query
