// TargetGraph::Frame: a target whose dependencies are being configured.
#pragma once

#include <vector>

#include "engine/analysis/target_graph.h"

namespace cow::analysis {

struct TargetGraph::Frame {
  Key key{};
  const loading::Target* declared = nullptr;
  loading::PackagePtr package{};
  RuleAttributes attributes{};          // rules only
  // Of an aspect on the rule (key.aspects): its own attributes, and its edges: first the target
  // itself, then its attributes.
  RuleAttributes aspect_attributes{};
  size_t aspect_edges = 0;  // index into edges
  std::vector<DependencyEdge> edges{};  // in order: those of attributes, then toolchains
  // Where edges of attributes are also kept: entry and position, same order as `edges`.
  std::vector<std::pair<size_t, size_t>> homes{};
  // Of the rule, then of its exec_groups; of an aspect only its own.
  std::vector<Execution> executions{};
  std::vector<ResolvedToolchain> toolchains{};
  std::vector<int> toolchain_edges{};  // by toolchain: index into edges, or -1
  size_t next = 0;                     // the first edge that is not configured yet
  size_t checked = 0;                  // edges of attributes that may be depended on
};

}  // namespace cow::analysis
