// DependencyObservation: what a configured target depends on, told to those who look at the graph instead of building
// from it.
#pragma once

#include <functional>
#include <vector>

#include "engine/analysis/configured_target.h"
#include "engine/analysis/rule_attributes.h"
#include "engine/loading/target.h"

namespace cow::analysis {

// Valid during the call only, except for the targets it names.
struct DependencyObservation {
  const loading::Target& declared;
  const Configuration* configuration = nullptr;  // null: the same in all
  const std::vector<DependencyEdge>& edges;      // all configured; those of toolchains have no attribute
  const RuleAttributes& attributes;              // of rules: selects resolved
};

// Called once for each target, when its dependencies are there and before its rule runs.
using DependencyObserver = std::function<void(const DependencyObservation&)>;

}  // namespace cow::analysis
