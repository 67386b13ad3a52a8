#include "engine/execution/plan_slice.h"

#include <algorithm>

#include "engine/base/path_order.h"

namespace cow::execution {
namespace {

template <typename Id>
void SortUnique(std::vector<Id>& ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

}  // namespace

template <typename Weight>
void PlanSlice::MeasureHeights(const Weight& weight_of) {
  for (size_t i = actions_.size(); i-- > 0;) {
    Node& node = nodes_[actions_[i].value()];
    uint64_t above = 0;
    for (ActionId dependent : node.dependents) above = std::max(above, nodes_[dependent.value()].height);
    node.height = above + weight_of(actions_[i]);
  }
}

PlanSlice PlanSlice::Of(const BuildPlan& plan, const std::vector<ArtifactId>& wanted) {
  PlanSlice slice;
  slice.nodes_.resize(plan.actions.size());
  slice.Reach(plan, wanted);
  std::vector<ActionId> reached = std::move(slice.actions_);
  slice.SortInputs(plan, reached);
  slice.LinkDependents(reached);
  slice.SortActions(reached);
  slice.acyclic_ = slice.actions_.size() == reached.size();
  slice.MeasureHeights([&](ActionId id) -> uint64_t { return plan.action(id).kind == Action::Kind::kRun ? 1 : 0; });
  return slice;
}

// Fills inputs, producers, wanted, actions_ (in the order they were found) and sources_.
void PlanSlice::Reach(const BuildPlan& plan, const std::vector<ArtifactId>& wanted) {
  std::vector<bool> seen_source(plan.artifacts.size());
  known_.resize(plan.artifacts.size());
  for (const KnownArtifact& artifact : plan.known) known_[artifact.id.value()] = true;
  auto reach = [&](ArtifactId id) {
    if (IsKnown(id)) return;
    const Artifact& artifact = plan.artifact(id);
    if (artifact.is_source()) {
      if (!seen_source[id.value()]) sources_.push_back(id);
      seen_source[id.value()] = true;
      return;
    }
    Node& node = nodes_[artifact.generating_action.value()];
    if (!node.wanted) actions_.push_back(artifact.generating_action);
    node.wanted = true;
  };
  for (ArtifactId id : wanted) reach(id);
  for (size_t next = 0; next < actions_.size(); ++next) {
    Node& node = nodes_[actions_[next].value()];
    node.inputs = plan.action(actions_[next]).inputs.ToList();
    for (ArtifactId id : node.inputs) {
      reach(id);
      if (!plan.artifact(id).is_source() && !IsKnown(id)) node.producers.push_back(plan.artifact(id).generating_action);
    }
    SortUnique(node.producers);
  }
}

void PlanSlice::SortInputs(const BuildPlan& plan, const std::vector<ActionId>& reached) {
  // Ordering all artifacts once makes the order of each action's inputs a sort of numbers.
  std::vector<uint32_t> order(plan.artifacts.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return PathBefore(plan.artifacts[a].exec_path, plan.artifacts[b].exec_path);
  });
  std::vector<uint32_t> rank(order.size());
  for (uint32_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
  for (ActionId id : reached) {
    std::vector<ArtifactId>& inputs = nodes_[id.value()].inputs;
    std::sort(inputs.begin(), inputs.end(),
              [&](ArtifactId a, ArtifactId b) { return rank[a.value()] < rank[b.value()]; });
  }
}

void PlanSlice::LinkDependents(const std::vector<ActionId>& reached) {
  for (ActionId id : reached) {
    for (ActionId producer : nodes_[id.value()].producers) nodes_[producer.value()].dependents.push_back(id);
  }
}

void PlanSlice::SortActions(const std::vector<ActionId>& reached) {
  std::vector<size_t> open(nodes_.size());
  for (ActionId id : reached) {
    open[id.value()] = nodes_[id.value()].producers.size();
    if (open[id.value()] == 0) actions_.push_back(id);
  }
  for (size_t next = 0; next < actions_.size(); ++next) {
    for (ActionId dependent : nodes_[actions_[next].value()].dependents) {
      if (--open[dependent.value()] == 0) actions_.push_back(dependent);
    }
  }
}

void PlanSlice::Weigh(const BuildPlan& plan, const RecordedDurations& durations) {
  if (durations.empty()) return;
  int64_t sum = 0;
  for (const auto& [mnemonic, micros] : durations.by_mnemonic) sum += micros;
  const int64_t unknown = sum / static_cast<int64_t>(durations.by_mnemonic.size());
  MeasureHeights([&](ActionId id) -> uint64_t {
    const Action& action = plan.action(id);
    if (action.kind != Action::Kind::kRun) return 0;
    auto own = durations.by_output.find(plan.artifact(action.outputs[0]).exec_path);
    if (own != durations.by_output.end()) return static_cast<uint64_t>(own->second);
    auto usual = durations.by_mnemonic.find(action.mnemonic);
    return static_cast<uint64_t>(usual != durations.by_mnemonic.end() ? usual->second : unknown);
  });
}

}  // namespace cow::execution
