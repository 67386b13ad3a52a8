// Executor: the thread that owns the state of every action, and hands work to others.
//
//   Unknown -> Wanted -> Checking -> Done                    (found in the cache, or made without a process)
//                        Checking -> Queued -> Running -> Done | Failed
// What has not been reached when nothing more can be done is Skipped. An action whose input bytes vanished goes back to
// Wanted, and so do the producers of these bytes. Equal output digests give dependents equal keys, so that a rebuilt
// input that came out the same stops the rebuild there.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/thread_pool.h"
#include "engine/execution/action_worker.h"
#include "engine/execution/owner_queue.h"
#include "engine/execution/plan_slice.h"
#include "engine/execution/run_queue.h"
#include "engine/execution/value_table.h"
#include "engine/model/build_plan.h"

namespace cow::execution {

// Lost bytes are made again at most this often per action.
inline constexpr int kMaxRestarts = 3;

enum class ActionState { kUnknown, kWanted, kChecking, kQueued, kRunning, kDone, kFailed, kSkipped };

struct ActionRecord {
  ActionState state = ActionState::kUnknown;
  bool ran = false;            // kDone: a process ran
  bool cached = false;         // kDone: the result came from the action cache
  bool is_remote = false;      // and that of another machine
  bool reached_limit = false;  // kDone: the result is not to be kept
  uint32_t pending = 0;        // kWanted: producers that are not Done
  int restarts = 0;
  int64_t wall_micros = 0;
  std::string printed{};       // kFailed: what the process printed
  int attempts = 0;            // kDone, kFailed: how often the process was started
  bool timed_out = false;      // kFailed
  absl::Time started{};        // of the process; kDone, kFailed
  absl::Time ended{};
  std::optional<KeyNote> note{};  // what is to be recorded
};

struct ExecutorOptions {
  int jobs = 1;                // processes at once
  int lookups = 1;             // actions that are looked up at once
  bool keep_going = false;
  bool show_failed_tests = true;  // with what they printed
  // Reads a source file again whose bytes vanished from the CAS.
  std::function<absl::StatusOr<ArtifactValue>(ArtifactId)> reread_source{};
};

// What is known of an artifact (BuildPlan::known) does not help: its bytes are gone. kAborted.
absl::Status KnownIsLost(const Artifact& artifact);

// All methods are called from one thread, the owner, which also emits all events.
class Executor {
 public:
  // All outlive the executor.
  Executor(const BuildPlan& plan, const PlanSlice& slice, ValueTable& values, ActionWorker& worker, EventSink& events,
           std::stop_token cancelled, ExecutorOptions options);

  // This action cannot be done: it is Skipped, and so is what needs it.
  void Block(ActionId id) { records_[id.value()].state = ActionState::kSkipped; }

  // Goes on until nothing more can be done. May be called again after Restart. A Status other than OK means that the
  // machine failed; kAborted: that a known artifact was lost (KnownIsLost).
  absl::Status Run();

  // The bytes of an output of this Done action vanished. False if that happened too often.
  bool Restart(ActionId id);

  // After the last Run: marks what was not reached as Skipped and announces it.
  void Finish();

  const ActionRecord& record(ActionId id) const { return records_[id.value()]; }
  bool interrupted() const { return interrupted_; }
  const std::string& tier() const { return tier_; }

 private:
  ActionRecord& mutable_record(ActionId id) { return records_[id.value()]; }
  void Want(ActionId id);
  void Check(ActionId id);
  void StartRuns();
  void OnLooked(ActionId id, absl::StatusOr<WorkOutcome> outcome);
  void OnRan(ActionId id, int slot, absl::StatusOr<WorkOutcome> outcome);
  void OnOutcome(ActionId id, int slot, absl::StatusOr<WorkOutcome> outcome);
  void OnDone(ActionId id, int slot, WorkOutcome outcome);
  void OnFailed(ActionId id, int slot, WorkOutcome outcome);
  void OnLost(ActionId id, const std::vector<ArtifactId>& lost);
  absl::Status Regain(ArtifactId id);
  void FinishEvent(ActionId id, int slot, ActionFinished::How how);
  void Stop(absl::Status error);
  void Halt();
  bool IsProcess(ActionId id) const { return plan_.action(id).kind == Action::Kind::kRun; }

  const BuildPlan& plan_;
  const PlanSlice& slice_;
  ValueTable& values_;
  ActionWorker& worker_;
  EventSink& events_;
  const std::stop_token cancelled_;
  const ExecutorOptions options_;

  std::vector<ActionRecord> records_;
  std::vector<bool> is_test_;
  RunQueue runnable_;
  std::vector<int> free_slots_;
  int in_flight_ = 0;                  // handed to a pool and not come back
  bool interrupted_ = false;
  std::string tier_;
  absl::Status machine_error_;
  std::atomic<bool> halted_ = false;   // nothing new is started
  std::stop_source stop_runs_;         // ends running processes

  OwnerQueue queue_;
  ThreadPool checkers_;
  ThreadPool runners_;                 // last: their tasks use all of the above
};

}  // namespace cow::execution
