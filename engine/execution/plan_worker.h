// PlanWorker: looks actions of a plan up in the action cache, and runs them through a SpawnRunner.
//
// A result is stored only if the process succeeded and kept its promises: blobs first, then the record.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
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
  // All outlive the worker.
  PlanWorker(const BuildPlan& plan, const PlanSlice& slice, const ValueTable& values, const ExecutionOptions& options,
             const Services& services, TreeReader& trees, BlobSupply& supply)
      : plan_(plan), slice_(slice), values_(values), options_(options), services_(services), trees_(trees),
        supply_(supply), scratch_(options.scratch_root), notes_(services.history, options.began_unix_micros),
        remote_(services.remote, trees) {}

  absl::StatusOr<WorkOutcome> Look(ActionId id) override;
  absl::StatusOr<WorkOutcome> Run(ActionId id, std::stop_token cancelled, const Announce& announce) override;

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
  absl::StatusOr<WorkOutcome> LookUp(const Action& action, const PreparedAction& prepared);
  absl::StatusOr<Lookup> ResultOf(const PreparedAction& prepared, const Digest& key);
  // Of an action that differs in inputs it did not read.
  absl::StatusOr<std::optional<ActionResult>> ResultOfSameReads(const PreparedAction& prepared);
  // Of another machine; keeps it for the next time.
  std::optional<ActionResult> RemoteResultOf(const Action& action, const PreparedAction& prepared);
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
  ScratchPool scratch_;
  const KeyNotes notes_;
  RemoteResults remote_;
};

}  // namespace cow::execution
