#include "engine/execution/executor.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status.h"
#include "engine/execution/failure_report.h"

namespace cow::execution {

absl::Status KnownIsLost(const Artifact& artifact) {
  return absl::AbortedError(absl::StrCat("the bytes of '", artifact.exec_path, "' are not in the cache any more"));
}

Executor::Executor(const BuildPlan& plan, const PlanSlice& slice, ValueTable& values, ActionWorker& worker,
                   EventSink& events, std::stop_token cancelled, ExecutorOptions options)
    : plan_(plan), slice_(slice), values_(values), worker_(worker), events_(events), cancelled_(std::move(cancelled)),
      options_(std::move(options)), records_(plan.actions.size()), is_test_(plan.actions.size()),
      checkers_(options_.lookups), runners_(options_.jobs) {
  for (int slot = std::max(1, options_.jobs); slot-- > 0;) free_slots_.push_back(slot);
  for (const TestSpec& test : plan.tests) is_test_[test.action.value()] = true;
}

absl::Status Executor::Run() {
  std::stop_callback on_cancel(cancelled_, [this] {
    halted_ = true;
    stop_runs_.request_stop();
    queue_.Post([this] {
      interrupted_ = true;
      Halt();
    });
  });
  for (ActionId id : slice_.actions()) {
    if (record(id).state == ActionState::kUnknown) Want(id);
  }
  StartRuns();
  while (in_flight_ > 0) {
    queue_.Take()();
    StartRuns();
  }
  interrupted_ = interrupted_ || cancelled_.stop_requested();
  return machine_error_;
}

void Executor::Want(ActionId id) {
  ActionRecord& action = mutable_record(id);
  action.state = ActionState::kWanted;
  action.pending = 0;
  for (ActionId producer : slice_.node(id).producers) {
    if (record(producer).state != ActionState::kDone) ++action.pending;
  }
  if (action.pending == 0) Check(id);
}

void Executor::Check(ActionId id) {
  if (halted_) return;
  mutable_record(id).state = ActionState::kChecking;
  ++in_flight_;
  checkers_.Submit([this, id] {
    absl::StatusOr<WorkOutcome> outcome = WorkOutcome{.kind = WorkOutcome::Kind::kCancelled};
    if (!halted_) outcome = worker_.Look(id);
    queue_.Post([this, id, outcome = std::move(outcome)]() mutable { OnLooked(id, std::move(outcome)); });
  });
}

void Executor::StartRuns() {
  while (!halted_ && !free_slots_.empty() && !runnable_.empty()) {
    ActionId id = runnable_.Pop();
    int slot = free_slots_.back();
    free_slots_.pop_back();
    mutable_record(id).state = ActionState::kRunning;
    mutable_record(id).started = absl::Now();
    const Action& action = plan_.action(id);
    events_.Handle(ActionStarted{.action = id,
                                 .worker = slot,
                                 .description = ProgressText(action, plan_.artifact(action.outputs[0]).short_path())});
    ++in_flight_;
    runners_.Submit([this, id, slot] {
      Announce announce = [this](Message message) {
        queue_.Post([this, message = std::move(message)] { events_.Handle(message); });
      };
      absl::StatusOr<WorkOutcome> outcome = worker_.Run(id, stop_runs_.get_token(), announce);
      queue_.Post([this, id, slot, outcome = std::move(outcome)]() mutable { OnRan(id, slot, std::move(outcome)); });
    });
  }
}

void Executor::OnLooked(ActionId id, absl::StatusOr<WorkOutcome> outcome) {
  --in_flight_;
  OnOutcome(id, -1, std::move(outcome));
}

void Executor::OnRan(ActionId id, int slot, absl::StatusOr<WorkOutcome> outcome) {
  --in_flight_;
  free_slots_.push_back(slot);
  mutable_record(id).ended = absl::Now();
  OnOutcome(id, slot, std::move(outcome));
}

void Executor::OnOutcome(ActionId id, int slot, absl::StatusOr<WorkOutcome> outcome) {
  if (!outcome.ok()) {
    mutable_record(id).state = ActionState::kWanted;
    if (slot >= 0) FinishEvent(id, slot, ActionFinished::How::kFailed);
    Stop(Annotate(outcome.status(), plan_.action(id).owner.ToString()));
    return;
  }
  switch (outcome->kind) {
    case WorkOutcome::Kind::kHit:
    case WorkOutcome::Kind::kMade:
    case WorkOutcome::Kind::kRan:
      OnDone(id, slot, *std::move(outcome));
      return;
    case WorkOutcome::Kind::kMiss:
      mutable_record(id).state = ActionState::kQueued;
      mutable_record(id).note = std::move(outcome->note);
      runnable_.Push(id, slice_.node(id).height);
      return;
    case WorkOutcome::Kind::kFailed:
      OnFailed(id, slot, *std::move(outcome));
      return;
    case WorkOutcome::Kind::kLost:
      if (slot >= 0) FinishEvent(id, slot, ActionFinished::How::kSkipped);
      OnLost(id, outcome->lost);
      return;
    case WorkOutcome::Kind::kCancelled:
      mutable_record(id).state = ActionState::kWanted;
      if (slot >= 0) FinishEvent(id, slot, ActionFinished::How::kSkipped);
      return;
  }
}

void Executor::OnDone(ActionId id, int slot, WorkOutcome outcome) {
  ActionRecord& action = mutable_record(id);
  action.state = ActionState::kDone;
  action.ran = outcome.kind == WorkOutcome::Kind::kRan;
  action.cached = outcome.kind == WorkOutcome::Kind::kHit;
  action.is_remote = outcome.is_remote;
  if (!action.ran && outcome.note) action.note = std::move(outcome.note);
  action.wall_micros = outcome.wall_micros;
  if (action.ran) {
    tier_ = outcome.tier;
    action.reached_limit = outcome.reached_limit;
    action.attempts = outcome.attempts;
  }
  const std::vector<ArtifactId>& outputs = plan_.action(id).outputs;
  for (size_t i = 0; i < outputs.size(); ++i) values_.Set(outputs[i], std::move(outcome.values[i]));
  // What a passing test prints is in its log.
  if (action.ran && !outcome.text.empty() && !is_test_[id.value()]) {
    events_.Handle(Message{.kind = Message::Kind::kActionOutput,
                           .text = absl::StrCat(plan_.action(id).owner.ToString(), ": ", plan_.action(id).mnemonic,
                                                " printed:\n", outcome.text)});
  }
  if (IsProcess(id)) FinishEvent(id, slot, action.ran ? ActionFinished::How::kRan : ActionFinished::How::kCached);
  for (ActionId dependent : slice_.node(id).dependents) {
    ActionRecord& next = mutable_record(dependent);
    if (next.state == ActionState::kWanted && --next.pending == 0) Check(dependent);
  }
}

void Executor::OnFailed(ActionId id, int slot, WorkOutcome outcome) {
  ActionRecord& action = mutable_record(id);
  action.state = ActionState::kFailed;
  action.wall_micros = outcome.wall_micros;
  action.printed = std::move(outcome.printed);
  action.attempts = outcome.attempts;
  action.timed_out = outcome.timed_out;
  if (is_test_[id.value()] && !options_.show_failed_tests) outcome.text.resize(std::min(outcome.text.size(), outcome.text.find('\n')));
  events_.Handle(Message{.kind = Message::Kind::kError, .text = std::move(outcome.text)});
  FinishEvent(id, slot, ActionFinished::How::kFailed);
  // A failed test stops nothing: other tests say more about what is wrong.
  if (!options_.keep_going && !is_test_[id.value()]) Halt();
}

void Executor::OnLost(ActionId id, const std::vector<ArtifactId>& lost) {
  mutable_record(id).state = ActionState::kUnknown;
  for (ArtifactId artifact : lost) {
    absl::Status regained = Regain(artifact);
    if (regained.ok()) continue;
    if (absl::IsAborted(regained)) return Stop(std::move(regained));
    OnFailed(id, -1, {.text = DescribeFailure(plan_.action(id), std::string(regained.message()))});
    return;
  }
  Want(id);
}

// Brings the bytes of an artifact back, or starts the action that will.
absl::Status Executor::Regain(ArtifactId id) {
  const Artifact& artifact = plan_.artifact(id);
  if (slice_.IsKnown(id)) return KnownIsLost(artifact);
  if (artifact.is_source()) {
    COW_ASSIGN_OR_RETURN(ArtifactValue value, options_.reread_source(id));
    values_.Set(id, std::move(value));
    return absl::OkStatus();
  }
  if (Restart(artifact.generating_action)) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("its input '", artifact.exec_path, "' vanished from the cache again and again"));
}

bool Executor::Restart(ActionId id) {
  ActionRecord& action = mutable_record(id);
  if (action.state != ActionState::kDone) return action.state != ActionState::kFailed;
  if (++action.restarts > kMaxRestarts) return false;
  worker_.Distrust(id);
  // For those that wait, one more producer is not Done.
  for (ActionId dependent : slice_.node(id).dependents) {
    ActionRecord& next = mutable_record(dependent);
    if (next.state == ActionState::kWanted) ++next.pending;
  }
  Want(id);
  return true;
}

void Executor::Finish() {
  for (ActionId id : slice_.actions()) {
    ActionRecord& action = mutable_record(id);
    if (action.state == ActionState::kDone || action.state == ActionState::kFailed) continue;
    action.state = ActionState::kSkipped;
    if (IsProcess(id)) FinishEvent(id, -1, ActionFinished::How::kSkipped);
  }
}

void Executor::FinishEvent(ActionId id, int slot, ActionFinished::How how) {
  events_.Handle(ActionFinished{.action = id,
                                .worker = slot,
                                .how = how,
                                .mnemonic = plan_.action(id).mnemonic,
                                .wall_micros = record(id).wall_micros});
}

// The machine failed, or the plan does not hold any more.
void Executor::Stop(absl::Status error) {
  if (machine_error_.ok()) machine_error_ = std::move(error);
  Halt();
  stop_runs_.request_stop();
}

void Executor::Halt() {
  halted_ = true;
  runnable_.Clear();
}

}  // namespace cow::execution
