// PlanWorker: looks actions of a plan up in the action cache, and runs them through a SpawnRunner.
//
// A result is stored only if the process succeeded and kept its promises: blobs first, then the record.
#pragma once

#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "engine/execution/action_worker.h"
#include "engine/execution/blob_supply.h"
#include "engine/execution/execute.h"
#include "engine/execution/failure_hints.h"
#include "engine/execution/input_index.h"
#include "engine/execution/key_notes.h"
#include "engine/execution/plan_slice.h"
#include "engine/execution/prepared_action.h"
#include "engine/execution/remote_results.h"
#include "engine/execution/scratch_outputs.h"
#include "engine/execution/tree_reader.h"
#include "engine/execution/value_table.h"

namespace cow::execution {

class PlanWorker final : public ActionWorker {
 public:
  // All outlive the worker. `needed_here`: artifacts whose bytes come with a result of another machine.
  PlanWorker(const BuildPlan& plan, const PlanSlice& slice, const ValueTable& values, const ExecutionOptions& options,
             const Services& services, TreeReader& trees, BlobSupply& supply, absl::flat_hash_set<ArtifactId> needed_here)
      : plan_(plan), slice_(slice), values_(values), options_(options), services_(services), trees_(trees),
        supply_(supply), needed_here_(std::move(needed_here)), scratch_(options.scratch_root),
        notes_(services.history, options.began_unix_micros), remote_(services.remote, trees, supply) {}

  absl::StatusOr<WorkOutcome> Look(ActionId id) override;
  absl::StatusOr<WorkOutcome> Run(ActionId id, std::stop_token cancelled, const Announce& announce) override;
  void Distrust(ActionId id) override;

 private:
  struct Inputs {
    const std::vector<ArtifactId>& ids;
    std::vector<ArtifactValue> values;
  };

  Inputs InputsOf(ActionId id) const;
  absl::StatusOr<WorkOutcome> Make(ActionId id, const Inputs& inputs);
  struct Lookup {
    std::optional<ActionResult> found{};
    MissReason miss = MissReason::kNone;
    std::string lost{};
  };
  absl::StatusOr<WorkOutcome> LookUp(ActionId id, const PreparedAction& prepared);
  absl::StatusOr<Lookup> ResultOf(ActionId id, const PreparedAction& prepared, const Digest& key);
  // Of the values of a result that this machine knows.
  absl::StatusOr<std::vector<size_t>> FindLost(ActionId id, const std::vector<ArtifactValue>& values);
  // Of an action that differs in inputs it did not read.
  absl::StatusOr<std::optional<ActionResult>> ResultOfSameReads(ActionId id, const PreparedAction& prepared);
  // Of another machine; keeps it for the next time.
  std::optional<ActionResult> RemoteResultOf(ActionId id, const PreparedAction& prepared);
  // Of its outputs, by place.
  std::vector<bool> NeededOf(ActionId id) const;
  bool IsDistrusted(ActionId id) const;
  // Brings what the action is about to read, so that no process waits for it.
  absl::StatusOr<WorkOutcome> WithInputs(WorkOutcome miss, const Inputs& inputs);
  WorkOutcome Miss(const PreparedAction& prepared, MissReason reason, std::string lost = "") const;
  // Turns an error into a failure of the action or a loss of inputs, if it is one.
  absl::StatusOr<WorkOutcome> Judge(const absl::Status& error, const Action& action, const Inputs& inputs);
  absl::StatusOr<WorkOutcome> Lost(const Inputs& inputs, const std::vector<size_t>& lost) const;
  Spawn SpawnOf(ActionId id, const PreparedAction& prepared, const std::vector<SpawnWritable>& writable) const;
  absl::StatusOr<SpawnResult> RunSpawn(ActionId id, const PreparedAction& prepared,
                                       const std::vector<SpawnWritable>& writable, std::stop_token cancelled);
  absl::StatusOr<WorkOutcome> RunOnce(ActionId id, const PreparedAction& prepared, const Inputs& inputs,
                                      std::stop_token cancelled, const Announce& announce);
  absl::StatusOr<WorkOutcome> RunPrepared(ActionId id, const PreparedAction& prepared, const Inputs& inputs,
                                          std::stop_token cancelled, const Announce& announce);
  // Puts what the process printed where the action wants it as an output.
  absl::Status WriteCaptured(const Action& action, const SpawnResult& spawned,
                             const std::vector<SpawnWritable>& writable) const;
  absl::StatusOr<WorkOutcome> Accept(ActionId id, const PreparedAction& prepared, const SpawnResult& spawned,
                                     const std::vector<SpawnWritable>& writable, const Announce& announce);
  // What the action read when this result was made; empty if that is not known.
  store::ReadSet ReadFor(const Action& action, const PreparedAction& prepared, const ActionResult& result) const;
  // `read`: what it read of its inputs; empty if that is not known.
  absl::Status StoreByReads(const Action& action, const PreparedAction& prepared, store::ReadSet read,
                            const ActionResult& result);
  absl::Status Store(const Action& action, const PreparedAction& prepared, const SpawnResult& spawned,
                     const std::vector<ArtifactValue>& values);
  // `index` outlives the scene.
  FailureScene SceneOf(const Action& action, const InputIndex& index) const;
  HostTreePtr RootOf(const Digest& tree) const;
  void AnnounceAudit(ActionId id, const PreparedAction& prepared, const SpawnResult& spawned,
                     const Announce& announce) const;
  WorkOutcome Failed(ActionId id, const PreparedAction& prepared, const SpawnResult& spawned) const;

  const BuildPlan& plan_;
  const PlanSlice& slice_;
  const ValueTable& values_;
  const ExecutionOptions& options_;
  const Services& services_;
  TreeReader& trees_;
  BlobSupply& supply_;
  const absl::flat_hash_set<ArtifactId> needed_here_;
  ScratchPool scratch_;
  const KeyNotes notes_;
  RemoteResults remote_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_set<ActionId> distrusted_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::execution
