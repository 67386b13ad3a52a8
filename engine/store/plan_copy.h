// PlanCopier: copies actions, artifacts and targets of a recorded plan into a plan, under the ids they get there.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/model/build_plan.h"
#include "engine/store/plan_encoding.h"
#include "engine/store/plan_record_generated.h"

namespace cow::store {

using PlanIndices = flatbuffers::Vector<uint32_t>;

// Calls `visit` for elements [ends[at-1], ends[at]) of `values`.
template <typename Visit>
void ForSlice(const PlanIndices& values, const PlanIndices& ends, uint32_t at, const Visit& visit) {
  for (uint32_t i = at == 0 ? 0 : ends.Get(at - 1); i < ends.Get(at); ++i) visit(values.Get(i));
}

class PlanCopier {
 public:
  // Both outlive it.
  PlanCopier(const record::Plan& recorded, BuildPlan* plan);

  // What the plan has already. Before anything is copied.
  void Know(uint32_t artifact, ArtifactId id) { ids_.emplace(artifact, id); }
  // Whether anything that was copied names this artifact.
  bool IsNamed(uint32_t artifact) const { return named_[artifact]; }

  // The id of a recorded artifact in the plan, to which it is added if it is new.
  ArtifactId Map(uint32_t original);
  RequestedTarget Map(RequestedTarget target);
  // Its action was added.
  TestSpec Map(TestSpec test);

  // Once for each number; its outputs become outputs of it.
  absl::Status AddAction(uint32_t number);
  // The host trees of all actions that were added. At the end, once.
  absl::Status AddHostTrees();

  // What the artifacts of the plan are in the record, by the order in which they were added, without those that it had.
  const std::vector<ArtifactId>& originals() const { return originals_; }

 private:
  std::string Text(uint32_t i) const { return recorded_.strings()->Get(i)->str(); }
  RunfilesTreePtr Map(RunfilesTree tree);
  absl::StatusOr<HostTreeId> HostTreeOf(uint32_t number);
  void Assign(uint32_t member, ArtifactId* element) { *element = Map(IndexOfMember(member)); }
  void Assign(uint32_t member, ArgValue* element);
  template <typename T>
  using KnownSets = absl::flat_hash_map<uint32_t, Depset<T>>;
  template <typename T>
  Depset<T> SetOf(const record::PlanSets& sets, uint32_t wanted, KnownSets<T>* known);

  const record::Plan& recorded_;
  BuildPlan& plan_;
  const size_t first_action_;  // that was added
  PlanNames names_;
  std::vector<uint32_t> actions_;  // ids in the plan, by number in the record
  std::vector<bool> named_;        // by number of the artifact in the record
  std::vector<ArtifactId> originals_;
  absl::flat_hash_map<uint32_t, ArtifactId> ids_;
  KnownSets<ArtifactId> input_sets_;
  KnownSets<ArgValue> argument_sets_;
};

}  // namespace cow::store
