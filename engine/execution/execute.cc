#include "engine/execution/execute.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status.h"
#include "engine/base/thread_pool.h"
#include "engine/execution/executor.h"
#include "engine/execution/plan_worker.h"
#include "engine/execution/requested_outputs.h"
#include "engine/execution/run_record.h"
#include "engine/execution/seen_paths.h"
#include "engine/execution/source_values.h"
#include "engine/store/action_cache.h"
#include "engine/store/build_history.h"
#include "engine/store/cas.h"
#include "engine/store/fetcher.h"
#include "engine/store/remote_cache.h"

namespace cow::execution {
namespace {

// How often outputs that vanish between being made and being written are made again.
constexpr int kMaxRounds = 3;

std::vector<ArtifactId> WantedArtifacts(const BuildPlan& plan) {
  std::vector<ArtifactId> wanted;
  for (const RequestedTarget& target : plan.targets) {
    for (ArtifactId id : ArtifactsOf(target)) wanted.push_back(id);
  }
  for (const TestSpec& test : plan.tests) {
    for (ArtifactId id : plan.action(test.action).outputs) wanted.push_back(id);
  }
  return wanted;
}

// Whose bytes come with a result of another machine.
absl::flat_hash_set<ArtifactId> NeededHere(const BuildPlan& plan, const ExecutionOptions& options) {
  absl::flat_hash_set<ArtifactId> needed;
  if (options.materialize && options.remote_outputs != RemoteOutputs::kNone) {
    for (const RequestedTarget& target : plan.targets) {
      for (ArtifactId id : WrittenArtifactsOf(target, options.materialize_runfiles)) needed.insert(id);
    }
  }
  for (const TestSpec& test : plan.tests) {
    if (options.read_test_logs && test.log.valid()) needed.insert(test.log);
  }
  return needed;
}

PlanSlice SliceOf(const BuildPlan& plan, const Services& services) {
  PlanSlice slice = PlanSlice::Of(plan, WantedArtifacts(plan));
  if (services.history != nullptr) slice.Weigh(plan, services.history->Durations());
  return slice;
}

// Who asks another machine mostly waits.
int LookupsAtOnce(const Services& services) {
  constexpr int kRemote = 32;
  return services.remote != nullptr && services.remote->reads() ? kRemote : ProcessorCount();
}

// One call of Execute.
class Execution {
 public:
  Execution(const BuildPlan& plan, const ExecutionOptions& options, const Services& services)
      : plan_(plan),
        options_(options),
        services_(services),
        jobs_(options.jobs > 0 ? options.jobs : ProcessorCount()),
        slice_(SliceOf(plan, services)),
        values_(plan.artifacts.size()),
        trees_(&services.cas),
        remote_blobs_(services.remote, &services.cas),
        supply_(plan, &services.cas, &services.fetcher, &trees_, &remote_blobs_),
        worker_(plan, slice_, values_, options, services, trees_, supply_, NeededHere(plan, options)),
        outputs_(plan, options, services, values_, trees_, supply_),
        executor_(plan, slice_, values_, worker_, services.events, services.cancelled,
                  {.jobs = jobs_, .lookups = LookupsAtOnce(services), .keep_going = options.keep_going, .show_failed_tests = options.show_failed_tests, .reread_source = [this](ArtifactId id) {
                     return ReadSource(plan_.artifact(id), services_.file_states);
                   }}) {
    for (const KnownArtifact& known : plan.known) values_.Set(known.id, ValueOf(known.value));
  }

  absl::StatusOr<ExecutionResult> Run() {
    if (!slice_.acyclic()) return absl::InternalError("actions of the plan need each other in a circle");
    int64_t processes = std::count_if(slice_.actions().begin(), slice_.actions().end(),
                                      [this](ActionId id) { return IsProcess(id); });
    services_.events.Handle(PlanReady{.actions = processes});
    COW_ASSIGN_OR_RETURN(bool usable, ReadAllSources());
    if (usable || options_.keep_going) COW_RETURN_IF_ERROR(RunActions());
    executor_.Finish();
    return Summarize();
  }

 private:
  bool IsProcess(ActionId id) const { return plan_.action(id).kind == Action::Kind::kRun; }

  // False if some cannot be used.
  absl::StatusOr<bool> ReadAllSources() {
    COW_ASSIGN_OR_RETURN(std::vector<SourceProblem> problems,
                         ReadSources(plan_, slice_, ProcessorCount(), services_.file_states, &values_));
    std::vector<bool> bad(plan_.artifacts.size());
    for (SourceProblem& problem : problems) {
      bad[problem.artifact.value()] = true;
      services_.events.Handle(Message{.kind = Message::Kind::kError, .text = std::move(problem.text)});
    }
    if (problems.empty()) return true;
    for (ActionId id : slice_.actions()) {
      const std::vector<ArtifactId>& inputs = slice_.node(id).inputs;
      if (std::any_of(inputs.begin(), inputs.end(), [&](ArtifactId input) { return bad[input.value()]; })) {
        executor_.Block(id);
      }
    }
    return false;
  }

  absl::Status RunActions() {
    for (int round = 0; round < kMaxRounds; ++round) {
      COW_RETURN_IF_ERROR(executor_.Run());
      if (!options_.materialize || executor_.interrupted()) return absl::OkStatus();
      auto lost = outputs_.Write(ReadyTargets());
      if (absl::IsCancelled(lost.status())) return absl::OkStatus();
      if (!lost.ok()) return lost.status();
      if (lost->empty()) {
        materialized_ = true;
        return absl::OkStatus();
      }
      for (ArtifactId id : *lost) COW_RETURN_IF_ERROR(MakeAgain(id));
    }
    return absl::UnavailableError("outputs vanish from the cache faster than they can be written to cow-out");
  }

  // An alias has no bytes of its own: what it stands for is looked at when the alias is made again.
  absl::Status MakeAgain(ArtifactId id) {
    const Artifact& artifact = plan_.artifact(id);
    if (!artifact.generating_action.valid()) return KnownIsLost(artifact);
    executor_.Restart(artifact.generating_action);
    return absl::OkStatus();
  }

  bool IsReady(ArtifactId id) const {
    const Artifact& artifact = plan_.artifact(id);
    if (!artifact.generating_action.valid()) return values_.Has(id);
    return executor_.record(artifact.generating_action).state == ActionState::kDone;
  }

  bool IsReady(const RequestedTarget& target) const {
    std::vector<ArtifactId> artifacts = ArtifactsOf(target);
    return std::all_of(artifacts.begin(), artifacts.end(), [this](ArtifactId id) { return IsReady(id); });
  }

  std::vector<const RequestedTarget*> ReadyTargets() const {
    std::vector<const RequestedTarget*> ready;
    for (const RequestedTarget& target : plan_.targets) {
      if (IsReady(target)) ready.push_back(&target);
    }
    return ready;
  }

  TargetOutcome OutcomeOf(const RequestedTarget& target) const {
    TargetOutcome outcome{.label = target.label, .configuration = target.configuration, .ok = IsReady(target)};
    if (options_.materialize && !materialized_) outcome.ok = false;
    if (!outcome.ok) return outcome;
    for (ArtifactId id : target.outputs) {
      ArtifactValue value = values_.Get(id);
      bool is_link = value.kind == ArtifactValue::Kind::kSymlink;
      outcome.outputs.push_back({.artifact = id,
                                 .path = plan_.artifact(id).exec_path,
                                 .digest = is_link ? Digest::Of(value.target) : value.digest,
                                 .is_here = !outputs_.IsLeftOut(id)});
    }
    if (target.executable.valid() && materialized_) {
      const Artifact& program = plan_.artifact(target.executable);
      outcome.executable =
          program.is_source() ? program.source_path : absl::StrCat(options_.workspace_root, "/", program.exec_path);
    }
    return outcome;
  }

  // Whether one of the actions that `id` waits for, near or far, failed.
  bool NeedsFailed(ActionId id) const {
    std::vector<ActionId> waiting = {id};
    std::set<ActionId> seen;
    while (!waiting.empty()) {
      ActionId next = waiting.back();
      waiting.pop_back();
      for (ActionId producer : slice_.node(next).producers) {
        ActionState state = executor_.record(producer).state;
        if (state == ActionState::kFailed) return true;
        if (state == ActionState::kSkipped && seen.insert(producer).second) waiting.push_back(producer);
      }
    }
    return false;
  }

  TestOutcome OutcomeOf(const TestSpec& test) const {
    const ActionRecord& record = executor_.record(test.action);
    TestOutcome outcome{.label = test.label, .cached = record.cached, .attempts = record.attempts, .wall_micros = record.wall_micros};
    if (record.state == ActionState::kFailed) {
      outcome.status = record.timed_out ? TestOutcome::Status::kTimedOut : TestOutcome::Status::kFailed;
      outcome.log = record.printed;
    } else if (record.state == ActionState::kDone) {
      outcome.status = TestOutcome::Status::kPassed;
      if (test.log.valid()) outcome.log = services_.cas.Get(values_.Get(test.log).digest).value_or("");
    } else if (NeedsFailed(test.action)) {
      outcome.status = TestOutcome::Status::kNotBuilt;
    }
    return outcome;
  }

  void Count(ActionId id, ExecutionResult* result) const {
    const ActionRecord& record = executor_.record(id);
    if (record.state == ActionState::kFailed) ++result->actions_failed;
    if (record.state == ActionState::kSkipped && IsProcess(id)) ++result->actions_skipped;
    if (record.ran) ++result->actions_run;
    result->reached_limit |= record.reached_limit;
    if (record.cached) ++result->actions_cached;
    if (record.is_remote) ++result->actions_remote;
  }

  ExecutionResult Summarize() const {
    ExecutionResult result{.sandbox_tier = executor_.tier(), .interrupted = services_.cancelled.stop_requested()};
    for (ActionId id : slice_.actions()) Count(id, &result);
    for (const RequestedTarget& target : plan_.targets) result.targets.push_back(OutcomeOf(target));
    for (const TestSpec& test : plan_.tests) result.tests.push_back(OutcomeOf(test));
    result.bin_directory = outputs_.bin_directory();
    const absl::Time began = absl::FromUnixMicros(options_.began_unix_micros);
    if (services_.history != nullptr) result.recorded = RecordedActions(plan_, slice_, executor_, began);
    result.critical_path = CriticalPath(plan_, slice_, executor_, began);
    if (options_.list_paths && result.ok()) {
      result.done = slice_.actions();
      result.values = values_.Outputs();
      result.paths = SourcesRead(plan_, slice_, values_);
      if (options_.list_host_trees) AddHostTreePaths(plan_, slice_, &result.paths);
      std::vector<store::SeenPath> written = PathsWritten(outputs_.layout(), options_.workspace_root);
      std::move(written.begin(), written.end(), std::back_inserter(result.paths));
    }
    return result;
  }

  const BuildPlan& plan_;
  const ExecutionOptions& options_;
  const Services& services_;
  const int jobs_;
  const PlanSlice slice_;
  ValueTable values_;
  TreeReader trees_;
  RemoteBlobs remote_blobs_;
  BlobSupply supply_;
  PlanWorker worker_;
  RequestedOutputs outputs_;
  Executor executor_;  // last: its threads use the others
  bool materialized_ = false;
};

}  // namespace

bool ExecutionResult::ok() const {
  return !interrupted &&
         std::all_of(targets.begin(), targets.end(), [](const TargetOutcome& target) { return target.ok; }) &&
         std::all_of(tests.begin(), tests.end(),
                     [](const TestOutcome& test) { return test.status == TestOutcome::Status::kPassed; });
}

absl::StatusOr<ExecutionResult> Execute(const BuildPlan& plan, const ExecutionOptions& options,
                                        const Services& services) {
  absl::Time start = absl::Now();
  absl::StatusOr<ExecutionResult> result = Execution(plan, options, services).Run();
  if (result.ok()) result->wall_micros = absl::ToInt64Microseconds(absl::Now() - start);
  return result;
}

}  // namespace cow::execution
