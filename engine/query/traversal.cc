#include "engine/query/traversal.h"

#include <algorithm>
#include <utility>

#include "engine/base/status.h"

namespace cow::query {

absl::StatusOr<std::vector<NodeId>> Traversal::Dependencies(NodeId node) {
  auto known = known_.find(node);
  if (known != known_.end()) return known->second;
  DirectDependencies direct = graph_.Dependencies(node);
  for (absl::Status& error : direct.errors) COW_RETURN_IF_ERROR(on_failure_(std::move(error)));
  return known_.emplace(node, std::move(direct.nodes)).first->second;
}

absl::StatusOr<NodeSet> Traversal::Closure(const NodeSet& roots, int depth) {
  NodeSet found = roots;
  std::vector<NodeId> level = roots.nodes();
  for (int step = 0; !level.empty() && (depth == kAnyDepth || step < depth); ++step) {
    graph_.Prepare(level);
    std::vector<NodeId> next;
    for (NodeId node : level) {
      COW_ASSIGN_OR_RETURN(std::vector<NodeId> dependencies, Dependencies(node));
      for (NodeId dependency : dependencies) {
        if (found.Insert(dependency)) next.push_back(dependency);
      }
    }
    level = std::move(next);
  }
  return found;
}

absl::StatusOr<NodeSet> Traversal::Reverse(const NodeSet& universe, const NodeSet& targets, int depth) {
  absl::flat_hash_map<NodeId, std::vector<NodeId>> dependents;
  for (NodeId node : universe) {
    COW_ASSIGN_OR_RETURN(std::vector<NodeId> dependencies, Dependencies(node));
    for (NodeId dependency : dependencies) dependents[dependency].push_back(node);
  }
  NodeSet found;
  for (NodeId target : targets) {
    if (universe.Contains(target)) found.Insert(target);
  }
  std::vector<NodeId> level = found.nodes();
  for (int step = 0; !level.empty() && (depth == kAnyDepth || step < depth); ++step) {
    std::vector<NodeId> next;
    for (NodeId node : level) {
      auto above = dependents.find(node);
      if (above == dependents.end()) continue;
      for (NodeId dependent : above->second) {
        if (found.Insert(dependent)) next.push_back(dependent);
      }
    }
    level = std::move(next);
  }
  return found;
}

absl::StatusOr<NodeSet> Traversal::AllPaths(const NodeSet& from, const NodeSet& to) {
  COW_ASSIGN_OR_RETURN(NodeSet below, Closure(from, kAnyDepth));
  return Reverse(below, to, kAnyDepth);
}

absl::StatusOr<std::vector<NodeId>> Traversal::SomePath(const NodeSet& from, const NodeSet& to) {
  absl::flat_hash_map<NodeId, NodeId> reached_from;
  std::vector<NodeId> level = from.nodes();
  for (NodeId node : level) reached_from.emplace(node, node);
  while (!level.empty()) {
    for (NodeId node : level) {
      if (!to.Contains(node)) continue;
      std::vector<NodeId> path = {node};
      while (reached_from.at(path.back()) != path.back()) path.push_back(reached_from.at(path.back()));
      std::reverse(path.begin(), path.end());
      return path;
    }
    graph_.Prepare(level);
    std::vector<NodeId> next;
    for (NodeId node : level) {
      COW_ASSIGN_OR_RETURN(std::vector<NodeId> dependencies, Dependencies(node));
      for (NodeId dependency : dependencies) {
        if (reached_from.emplace(dependency, node).second) next.push_back(dependency);
      }
    }
    level = std::move(next);
  }
  return std::vector<NodeId>();
}

}  // namespace cow::query
