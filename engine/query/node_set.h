// NodeSet: what an expression comes to: nodes of a graph, each once, in the order in which they were found.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"

namespace cow::query {

// A node of one QueryGraph.
using NodeId = uint32_t;

class NodeSet {
 public:
  // False if it was there.
  bool Insert(NodeId node) {
    if (!members_.insert(node).second) return false;
    nodes_.push_back(node);
    return true;
  }
  void InsertAll(const NodeSet& other) {
    for (NodeId node : other.nodes_) Insert(node);
  }
  bool Contains(NodeId node) const { return members_.contains(node); }

  size_t size() const { return nodes_.size(); }
  bool empty() const { return nodes_.empty(); }
  const std::vector<NodeId>& nodes() const { return nodes_; }
  std::vector<NodeId>::const_iterator begin() const { return nodes_.begin(); }
  std::vector<NodeId>::const_iterator end() const { return nodes_.end(); }

 private:
  std::vector<NodeId> nodes_;
  absl::flat_hash_set<NodeId> members_;
};

}  // namespace cow::query
