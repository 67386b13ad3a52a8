#include "engine/query/order.h"

#include <algorithm>
#include <queue>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace cow::query {
namespace {

std::vector<NodeId> ByName(const QueryGraph& graph, const NodeSet& nodes) {
  std::vector<NodeId> sorted = nodes.nodes();
  std::sort(sorted.begin(), sorted.end(), [&](NodeId a, NodeId b) {
    const NodeInfo& left = graph.Info(a);
    const NodeInfo& right = graph.Info(b);
    return left.label != right.label ? left.label < right.label : left.name < right.name;
  });
  return sorted;
}

std::vector<size_t> CountDependents(const ResultGraph& result) {
  std::vector<size_t> counts(result.nodes.size());
  for (const std::vector<size_t>& dependencies : result.dependencies) {
    for (size_t dependency : dependencies) ++counts[dependency];
  }
  return counts;
}

// Positions, dependents first. What is on a cycle follows in order of name when nothing else is left.
std::vector<size_t> Topological(const ResultGraph& result) {
  std::vector<size_t> waiting = CountDependents(result);
  std::set<size_t> left, ready;
  for (size_t i = 0; i < waiting.size(); ++i) (waiting[i] == 0 ? ready : left).insert(i);
  std::vector<size_t> order;
  while (!ready.empty() || !left.empty()) {
    std::set<size_t>& from = ready.empty() ? left : ready;
    size_t next = *from.begin();
    from.erase(from.begin());
    order.push_back(next);
    for (size_t dependency : result.dependencies[next]) {
      if (--waiting[dependency] == 0 && left.erase(dependency) > 0) ready.insert(dependency);
    }
  }
  return order;
}

}  // namespace

ResultGraph EdgesWithin(QueryGraph& graph, const NodeSet& nodes) {
  ResultGraph result{.nodes = ByName(graph, nodes)};
  absl::flat_hash_map<NodeId, size_t> positions;
  for (size_t i = 0; i < result.nodes.size(); ++i) positions[result.nodes[i]] = i;
  graph.Prepare(result.nodes);
  for (NodeId node : result.nodes) {
    std::vector<size_t> inside;
    for (NodeId dependency : graph.Dependencies(node).nodes) {
      auto found = positions.find(dependency);
      if (found != positions.end()) inside.push_back(found->second);
    }
    std::sort(inside.begin(), inside.end());
    result.dependencies.push_back(std::move(inside));
  }
  return result;
}

std::vector<NodeId> Ordered(QueryGraph& graph, const NodeSet& nodes, OrderOutput order) {
  switch (order) {
    case OrderOutput::kAuto: return ByName(graph, nodes);
    case OrderOutput::kNo: return nodes.nodes();
    case OrderOutput::kDeps:
    case OrderOutput::kFull: break;
  }
  ResultGraph result = EdgesWithin(graph, nodes);
  std::vector<NodeId> ordered;
  for (size_t position : Topological(result)) ordered.push_back(result.nodes[position]);
  return ordered;
}

absl::StatusOr<std::vector<Rank>> Ranked(QueryGraph& graph, const NodeSet& nodes, bool longest) {
  ResultGraph result = EdgesWithin(graph, nodes);
  std::vector<size_t> order = Topological(result);
  std::vector<size_t> waiting = CountDependents(result);
  std::vector<int> ranks(order.size(), -1);
  if (longest) {
    for (size_t position : order) {
      if (waiting[position] > 0) {
        return absl::InvalidArgumentError("the result has a cycle of dependencies: there is no longest way (maxrank)");
      }
      ranks[position] = std::max(ranks[position], 0);
      for (size_t dependency : result.dependencies[position]) {
        ranks[dependency] = std::max(ranks[dependency], ranks[position] + 1);
        --waiting[dependency];
      }
    }
  } else {
    std::queue<size_t> next;
    auto walk = [&] {
      for (; !next.empty(); next.pop()) {
        for (size_t dependency : result.dependencies[next.front()]) {
          if (ranks[dependency] >= 0) continue;
          ranks[dependency] = ranks[next.front()] + 1;
          next.push(dependency);
        }
      }
    };
    for (size_t position : order) {
      if (waiting[position] > 0) continue;
      ranks[position] = 0;
      next.push(position);
    }
    walk();
    for (size_t position : order) {
      if (ranks[position] >= 0) continue;
      ranks[position] = 0;
      next.push(position);
      walk();
    }
  }
  std::vector<Rank> ranked;
  for (size_t i = 0; i < ranks.size(); ++i) ranked.push_back({ranks[i], result.nodes[i]});
  std::stable_sort(ranked.begin(), ranked.end(), [](const Rank& a, const Rank& b) { return a.rank < b.rank; });
  return ranked;
}

}  // namespace cow::query
