// PlanSlice: the part of a BuildPlan that the wanted artifacts need, with its edges in both directions.
//
// Inputs are flattened once, here. Immutable after Of; any thread may read.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/model/build_plan.h"
#include "engine/model/recorded_durations.h"

namespace cow::execution {

class PlanSlice {
 public:
  struct Node {
    std::vector<ArtifactId> inputs{};    // distinct, in the order of a walk through the execution root
    std::vector<ActionId> producers{};   // distinct actions that make inputs
    std::vector<ActionId> dependents{};  // distinct actions that need an output
    uint64_t height = 0;                 // the longest way from here to a wanted artifact: in processes, or what Weigh says
    bool wanted = false;
  };

  // Artifacts in BuildPlan::known are neither sources nor made by anybody.

  static PlanSlice Of(const BuildPlan& plan, const std::vector<ArtifactId>& wanted);

  // Measures heights in the time that processes take, as far as earlier builds tell.
  void Weigh(const BuildPlan& plan, const RecordedDurations& durations);

  const Node& node(ActionId id) const { return nodes_[id.value()]; }
  // The wanted actions, every one after its producers. Actions on a cycle are missing.
  const std::vector<ActionId>& actions() const { return actions_; }
  // Whether it is in BuildPlan::known.
  bool IsKnown(ArtifactId id) const { return known_[id.value()]; }
  // The source artifacts that are wanted or inputs, each once.
  const std::vector<ArtifactId>& sources() const { return sources_; }
  // False if actions need each other in a circle.
  bool acyclic() const { return acyclic_; }

 private:
  void Reach(const BuildPlan& plan, const std::vector<ArtifactId>& wanted);
  void SortInputs(const BuildPlan& plan, const std::vector<ActionId>& reached);
  void LinkDependents(const std::vector<ActionId>& reached);
  void SortActions(const std::vector<ActionId>& reached);
  template <typename Weight>
  void MeasureHeights(const Weight& weight_of);

  std::vector<Node> nodes_;
  std::vector<ActionId> actions_;
  std::vector<ArtifactId> sources_;
  std::vector<bool> known_;  // by artifact
  bool acyclic_ = true;
};

}  // namespace cow::execution
