#include "engine/execution/run_record.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/execution/failure_report.h"

namespace cow::execution {
namespace {

using Outcome = RecordedAction::Outcome;

// What became of an action that has a note; nullopt if it never came to an end.
std::optional<Outcome> OutcomeOf(const ActionRecord& record) {
  if (record.state == ActionState::kFailed) return Outcome::kFailed;
  if (record.state != ActionState::kDone) return std::nullopt;
  if (record.ran) return Outcome::kRan;
  if (record.is_remote) return Outcome::kRemoteHit;
  return record.cached ? Outcome::kHit : Outcome::kMade;
}

RecordedAction Named(const BuildPlan& plan, ActionId id) {
  const Action& action = plan.action(id);
  RecordedAction recorded{.label = action.owner.ToString(), .mnemonic = action.mnemonic};
  recorded.outputs.reserve(action.outputs.size());
  for (ArtifactId output : action.outputs) recorded.outputs.push_back(plan.artifact(output).exec_path);
  return recorded;
}

RecordedAction Made(const BuildPlan& plan, const PlanSlice& slice, ActionId id, const ActionRecord& record) {
  RecordedAction made = Named(plan, id);
  made.outcome = Outcome::kMade;
  const bool alias = plan.action(id).kind == Action::Kind::kSymlink;
  if (alias || record.note) made.source = plan.artifact(slice.node(id).inputs.front()).exec_path;
  if (record.note) {
    made.key = record.note->key;
    made.previous = record.note->previous;
  }
  return made;
}

absl::Duration TimeOf(const ActionRecord& record) {
  if (!record.ran && record.state != ActionState::kFailed) return absl::ZeroDuration();
  return std::max(record.ended - record.started, absl::ZeroDuration());
}

class Recorder {
 public:
  Recorder(const BuildPlan& plan, const PlanSlice& slice, const Executor& executor, absl::Time began)
      : plan_(plan), slice_(slice), executor_(executor), began_(began), made_(plan.actions.size()) {}

  std::vector<RecordedAction> Take() {
    for (ActionId id : slice_.actions()) {
      const ActionRecord& record = executor_.record(id);
      if (record.note && plan_.action(id).kind == Action::Kind::kRun) AddProcess(id, record);
    }
    return std::move(recorded_);
  }

 private:
  void AddProcess(ActionId id, const ActionRecord& record) {
    std::optional<Outcome> outcome = OutcomeOf(record);
    if (!outcome) return;
    // What the engine made for an action tells something only if there is another key to compare with.
    const std::vector<LastKey>& previous = record.note->previous;
    if (!previous.empty() && previous.front().key != record.note->key) AddMadeInputs(id);
    RecordedAction recorded = Named(plan_, id);
    recorded.outcome = *outcome;
    recorded.miss = record.note->miss;
    recorded.key = record.note->key;
    recorded.previous = record.note->previous;
    recorded.lost = record.note->lost;
    recorded.wall_micros = record.wall_micros;
    if (*outcome != Outcome::kHit && *outcome != Outcome::kRemoteHit) recorded.start_micros = absl::ToInt64Microseconds(record.started - began_);
    recorded_.push_back(std::move(recorded));
  }

  void AddMadeInputs(ActionId id) {
    for (ActionId producer : slice_.node(id).producers) {
      if (plan_.action(producer).kind == Action::Kind::kRun || made_[producer.value()]) continue;
      made_[producer.value()] = true;
      AddMadeInputs(producer);
      recorded_.push_back(Made(plan_, slice_, producer, executor_.record(producer)));
    }
  }

  const BuildPlan& plan_;
  const PlanSlice& slice_;
  const Executor& executor_;
  const absl::Time began_;
  std::vector<bool> made_;
  std::vector<RecordedAction> recorded_;
};

}  // namespace

std::vector<RecordedAction> RecordedActions(const BuildPlan& plan, const PlanSlice& slice, const Executor& executor,
                                            absl::Time began) {
  return Recorder(plan, slice, executor, began).Take();
}

std::vector<CriticalStep> CriticalPath(const BuildPlan& plan, const PlanSlice& slice, const Executor& executor,
                                       absl::Time began) {
  std::vector<absl::Duration> longest(plan.actions.size());
  std::vector<ActionId> before(plan.actions.size());
  ActionId last;
  for (ActionId id : slice.actions()) {
    absl::Duration earlier = absl::ZeroDuration();
    for (ActionId producer : slice.node(id).producers) {
      if (longest[producer.value()] <= earlier) continue;
      earlier = longest[producer.value()];
      before[id.value()] = producer;
    }
    longest[id.value()] = earlier + TimeOf(executor.record(id));
    if (longest[id.value()] > (last.valid() ? longest[last.value()] : absl::ZeroDuration())) last = id;
  }
  std::vector<CriticalStep> path;
  for (ActionId id = last; id.valid(); id = before[id.value()]) {
    const ActionRecord& record = executor.record(id);
    if (TimeOf(record) <= absl::ZeroDuration()) continue;
    const Action& action = plan.action(id);
    path.push_back({.description = ProgressText(action, plan.artifact(action.outputs[0]).short_path()),
                    .label = action.owner.ToString(),
                    .start_micros = absl::ToInt64Microseconds(record.started - began),
                    .wall_micros = absl::ToInt64Microseconds(TimeOf(record))});
  }
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace cow::execution
