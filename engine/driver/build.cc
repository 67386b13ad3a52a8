#include "engine/driver/build.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/analysis/analyzer.h"
#include "engine/base/status.h"
#include "engine/driver/build_state.h"
#include "engine/driver/cache_tasks.h"
#include "engine/driver/exit_status.h"
#include "engine/driver/explain_file.h"
#include "engine/driver/kept_analysis.h"
#include "engine/driver/message_recorder.h"
#include "engine/driver/remote_cache.h"
#include "engine/driver/remote_execution.h"
#include "engine/driver/session.h"
#include "engine/driver/test_summary.h"
#include "engine/execution/execute.h"
#include "engine/execution/remembered_results.h"
#include "engine/execution/requested_outputs.h"
#include "engine/execution/sandboxed_spawn_runner.h"
#include "engine/execution/shell_spawn_runner.h"
#include "engine/loading/target_pattern_resolver.h"
#include "engine/store/build_history.h"
#include "engine/store/dead_sessions.h"
#include "engine/store/read_sets.h"

namespace cow::driver {
namespace {

using Clock = std::chrono::steady_clock;

int64_t MicrosSince(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count();
}

std::string CommandName(BuildRequest::Kind kind) {
  switch (kind) {
    case BuildRequest::Kind::kBuild: return "build";
    case BuildRequest::Kind::kTest: return "test";
    case BuildRequest::Kind::kRun: return "run";
    case BuildRequest::Kind::kShell: return "shell";
    case BuildRequest::Kind::kPush: return "cache push";
  }
  return "";
}

// One build; keeps what all its steps need.
class Builder {
 public:
  Builder(const BuildRequest& request, EventSink& events, std::stop_token cancelled)
      : request_(request), events_(events), cancelled_(std::move(cancelled)) {}

  // Why the outcome is not of what lies on the disk now; OK if it is, as far as is known.
  const absl::Status& changed() const { return changed_; }

  BuildResult Run() {
    Clock::time_point start = Clock::now();
    absl::Status status = Steps();
    if (status.ok() && session_ && !request_.explain.empty()) {
      status = session_->store->BeginSession();
      if (status.ok()) status = WriteExplanations(request_, session_->root, began_unix_micros_, *session_->store);
    }
    if (status.ok() && session_ != nullptr && !cancelled_.stop_requested()) {
      FinishUploads();
      status = BoundCache(request_, result_.unchanged, *session_->store, events_);
    }
    const bool stopped = cancelled_.stop_requested() && absl::IsCancelled(status);
    if (!status.ok() && !stopped) Report(status);
    if (cancelled_.stop_requested()) result_.exit_code = ExitCode::kInterrupted;
    if (remote_ != nullptr) {
      result_.remote_blobs = remote_->fetched_blobs();
      result_.remote_bytes = remote_->fetched_bytes();
    }
    result_.wall_micros = MicrosSince(start);
    return std::move(result_);
  }

 private:
  absl::Status Steps() {
    events_.Handle(PhaseStarted{PhaseStarted::Phase::kLoading});
    const Clock::time_point loading = Clock::now();
    COW_ASSIGN_OR_RETURN(session_, Session::OpenRecords(request_, cancelled_));
    session_->ShowDownloads(events_);
    if (BuildState::Covers(request_)) {
      state_.emplace(request_, session_->root, session_->installation, *session_->store);
      COW_ASSIGN_OR_RETURN(bool recalled, Recall());
      if (recalled) return absl::OkStatus();
    }
    COW_RETURN_IF_ERROR(session_->store->BeginSession());
    COW_RETURN_IF_ERROR(session_->LoadWorkspace(request_, said_, events_));
    COW_ASSIGN_OR_RETURN(std::vector<Label> labels, Labels());
    result_.loading_micros = MicrosSince(loading);
    if (cancelled_.stop_requested()) return absl::OkStatus();
    events_.Handle(PhaseStarted{PhaseStarted::Phase::kAnalysis});
    const Clock::time_point analysis = Clock::now();
    COW_ASSIGN_OR_RETURN(BuildPlan plan, Plan(std::move(labels)));
    result_.analysis_micros = MicrosSince(analysis);
    if (cancelled_.stop_requested() || !request_.build) return absl::OkStatus();
    events_.Handle(PhaseStarted{PhaseStarted::Phase::kExecution});
    if (request_.kind == BuildRequest::Kind::kPush) return Push(plan);
    return request_.kind == BuildRequest::Kind::kShell ? Shell(std::move(plan)) : Execute(plan);
  }

  // Takes the outcome of the last build over if nothing changed since, or does what depends on what did. False if the
  // workspace has to be loaded.
  absl::StatusOr<bool> Recall() {
    std::optional<BuildState::Recalled> known = state_->Recall();
    if (!known) return false;
    if (known->part) {
      absl::Status rebuilt = Rebuild(*known);
      if (!absl::IsAborted(rebuilt)) return rebuilt.ok() ? absl::StatusOr<bool>(true) : rebuilt;
      result_ = BuildResult();
      return false;
    }
    result_ = std::move(known->outcome.result);
    result_.unchanged = true;
    // It removes what that one left. If it cannot, the answer is no worse.
    if (store::AnyDeadSession(session_->store->layout)) session_->store->BeginSession().IgnoreError();
    Say(known->outcome.messages);
    COW_RETURN_IF_ERROR(PointBinLink(known->outcome));
    return true;
  }

  absl::Status Rebuild(const BuildState::Recalled& known) {
    result_ = known.outcome.result;
    Say(known.outcome.messages);
    events_.Handle(PhaseStarted{PhaseStarted::Phase::kExecution});
    execution::ExecutionOptions options = ExecutionOptionsFor(session_->root);
    options.list_host_trees = false;
    options.owner_elsewhere = [this](const std::string& path) { return state_->OwnerOf(path); };
    NewSandbox();
    if (!known.part->plan.actions.empty()) sandbox_->Expect();
    COW_ASSIGN_OR_RETURN(execution::ExecutionResult executed, Run(known.part->plan, options));
    COW_RETURN_IF_ERROR(PointBinLink(known.outcome));
    const int64_t others = known.processes - Processes(executed);
    const bool complete = Record(executed, &*known.part);
    result_.actions_cached += others;
    AddToHistory(std::move(executed.recorded));
    if (!complete) return absl::OkStatus();
    changed_ = state_->Update({result_, known.outcome.messages, known.outcome.bin_directory}, *known.part,
                              std::move(executed));
    return absl::OkStatus();
  }

  static int64_t Processes(const execution::ExecutionResult& executed) {
    return executed.actions_run + executed.actions_cached + executed.actions_failed + executed.actions_skipped;
  }

  void Say(const std::vector<Message>& messages) {
    for (const Message& message : messages) events_.Handle(message);
  }

  absl::Status PointBinLink(const BuildState::Outcome& outcome) {
    if (outcome.bin_directory.empty()) return absl::OkStatus();
    return execution::PointBinLink(session_->root, outcome.bin_directory, events_);
  }

  absl::StatusOr<std::vector<Label>> Labels() {
    loading::PatternOptions options{
        .base = loading::PackageOfDirectory(request_.working_directory, *session_->workspace),
        .tests_only = request_.kind == BuildRequest::Kind::kTest,
        .keep_going = request_.keep_going};
    COW_ASSIGN_OR_RETURN(loading::ResolvedPatterns resolved,
                         loading::ResolvePatterns(request_.patterns, options, *session_->packages));
    for (const absl::Status& error : resolved.errors) Report(error);
    named_.insert(resolved.named.begin(), resolved.named.end());
    return std::move(resolved.labels);
  }

  absl::StatusOr<BuildPlan> Plan(std::vector<Label> labels) {
    analysis::AnalysisRequest analysis{.labels = std::move(labels)};
    analysis.options = request_.options;
    analysis.output_groups = request_.output_groups;
    analysis.aspects = request_.aspects;
    analysis.aspect_parameters = request_.aspect_parameters;
    analysis.toolchain_resolution_debug = request_.toolchain_resolution_debug;
    analysis.test_options = request_.test_options;
    analysis.run_tests = request_.kind == BuildRequest::Kind::kTest || request_.kind == BuildRequest::Kind::kPush;
    analysis.keep_going = request_.keep_going;
    analysis.on_print = [this](std::string_view text) {
      said_.Handle(Message{Message::Kind::kInfo, std::string(text)});
    };
    if (state_ && MayKeepAnalysis()) kept_ = state_->Kept(*session_->packages);
    COW_ASSIGN_OR_RETURN(analysis::AnalysisResult analysed, AnalyzeRest(analysis, *session_->packages, kept_));
    uses_ = std::move(analysed.uses);
    result_.targets_kept = static_cast<int64_t>(analysed.known.size());
    for (const absl::Status& error : analysed.errors) Report(error);
    for (const Label& label : analysed.failed) result_.targets.push_back({.label = label});
    for (const analysis::SkippedTarget& target : analysed.skipped) {
      result_.skipped.push_back({target.label, target.reason});
      if (named_.contains(target.label)) {
        absl::Status asked = absl::InvalidArgumentError(
            absl::StrCat("target ", target.label.ToString(),
                         " is incompatible and cannot be built, but was explicitly requested: it ",
                         target.reason.starts_with("depends on") ? "" : "is ", target.reason));
        if (!request_.keep_going) return asked;
        Report(asked);
        continue;
      }
      said_.Handle(Message{Message::Kind::kInfo, target.label.ToString() + ": skipped: " + target.reason});
    }
    return std::move(analysed.plan);
  }

  // Toolchains are told of, and aspects run, for every target.
  bool MayKeepAnalysis() const { return request_.toolchain_resolution_debug.empty() && request_.aspects.empty(); }

  BuildState::Looked Looked() const {
    BuildState::Looked looked{.paths = PathsOf(session_->workspace->FilesRead()),
                              .inputs = session_->workspace->RepositoryInputs(),
                              .uses = uses_};
    if (kept_ == nullptr) return looked;
    std::vector<store::SeenPath> others = kept_->OtherReads(looked.paths);
    std::move(others.begin(), others.end(), std::back_inserter(looked.paths));
    if (looked.uses) looked.uses = kept_->UsesWith(*looked.uses);
    return looked;
  }

  // Variables that are inherited are in the environment of cow run anyway.
  void RecordRun(const BuildPlan& plan) {
    if (request_.kind != BuildRequest::Kind::kRun || plan.targets.size() != 1) return;
    result_.run_args = plan.targets[0].run_args;
    result_.run_env = plan.targets[0].run_env;
    result_.run_env["BUILD_WORKSPACE_DIRECTORY"] = session_->root;
    if (const RunfilesTreePtr& tree = plan.targets[0].runfiles_tree; tree != nullptr) {
      result_.run_directory = absl::StrCat(session_->root, "/", tree->path, "/", tree->workspace);
    }
  }

  absl::Status Execute(const BuildPlan& plan) {
    RecordRun(plan);
    NewSandbox();
    if (state_) remembered_ = state_->Remembered(plan);
    COW_ASSIGN_OR_RETURN(execution::ExecutionResult executed,
                         Run(plan, ExecutionOptionsFor(session_->workspace->root())));
    remembered_.reset();
    const bool complete = Record(executed, nullptr);
    AddToHistory(std::move(executed.recorded));
    if (!complete || !state_) return absl::OkStatus();
    const std::string bin_directory = executed.bin_directory;
    changed_ = state_->Remember({result_, said_.Take(), bin_directory}, plan, std::move(executed), Looked());
    return absl::OkStatus();
  }

  // Makes the inputs of one action, and starts what the user wants in its sandbox.
  absl::Status Shell(BuildPlan plan) {
    if (plan.targets.size() != 1) return absl::InvalidArgumentError("cow shell enters the sandbox of one target");
    const execution::ActionChoice choice{.mnemonic = request_.shell_mnemonic, .output = request_.shell_output};
    COW_ASSIGN_OR_RETURN(const ActionId action, execution::ChooseAction(plan, plan.targets[0].label, choice));
    plan.targets[0] = {.label = plan.targets[0].label, .outputs = plan.action(action).outputs};
    execution::ExecutionOptions options = ExecutionOptionsFor(session_->workspace->root());
    options.materialize = false;
    options.always_run = action;
    execution::SandboxedSpawnRunner sandbox(SandboxOptions(), *session_->store->cas, *session_->store->trees);
    execution::ShellSpawnRunner shell(action, request_.shell_command, sandbox);
    COW_ASSIGN_OR_RETURN(execution::ExecutionResult executed, Run(plan, options, shell));
    if (shell.exit_code().has_value()) {
      result_.shell_exit_code = *shell.exit_code();
      return absl::OkStatus();
    }
    Record(executed, nullptr);
    return absl::OkStatus();
  }

  // Looks all actions up, and offers what is known of them.
  absl::Status Push(const BuildPlan& plan) {
    execution::ExecutionOptions options = ExecutionOptionsFor(session_->workspace->root());
    options.materialize = false;
    options.keep_going = true;
    options.only_offer = true;
    NewSandbox();
    COW_ASSIGN_OR_RETURN(execution::ExecutionResult executed, Run(plan, options));
    result_.actions_cached = executed.actions_cached;
    result_.actions_failed = executed.actions_failed;
    result_.results_not_here = executed.actions_skipped;
    if (executed.interrupted) Fail(ExitCode::kInterrupted);
    return absl::OkStatus();
  }

  execution::ExecutionOptions ExecutionOptionsFor(const std::string& root) const {
    return {.workspace_root = root,
            .scratch_root = session_->store->session->path(),
            .jobs = JobsOf(request_),
            .show_failed_tests = request_.test_output != "summary",
            .keep_going = request_.keep_going,
            .show_commands = request_.subcommands,
            .keep_failed_sandboxes = request_.sandbox_debug,
            .audit = request_.audit,
            .materialize_runfiles = request_.kind == BuildRequest::Kind::kRun,
            .remote_outputs = RemoteOutputsOf(request_),
            .read_test_logs = request_.test_output == "all",
            .list_paths = state_.has_value(),
            .use_cached_results = !request_.audit,
            .min_sandbox_tier = request_.min_sandbox,
            .began_unix_micros = began_unix_micros_};
  }

  void NewSandbox() { sandbox_.emplace(SandboxOptions(), *session_->store->cas, *session_->store->trees); }

  // Once.
  absl::Status OpenRemote() {
    if (remote_ != nullptr) return absl::OkStatus();
    COW_ASSIGN_OR_RETURN(remote_, OpenRemoteCache(request_, *session_, events_));
    return absl::OkStatus();
  }

  // In that sandbox, which it ends, or on a cluster.
  absl::StatusOr<execution::ExecutionResult> Run(const BuildPlan& plan, const execution::ExecutionOptions& options) {
    COW_RETURN_IF_ERROR(OpenRemote());
    std::unique_ptr<Cluster> cluster;
    if (remote_ != nullptr && !request_.remote.executor.empty()) {
      COW_ASSIGN_OR_RETURN(cluster, Cluster::Open(request_, *session_, *remote_, *sandbox_, plan, events_));
    }
    absl::StatusOr<execution::ExecutionResult> executed =
        cluster != nullptr ? Run(plan, options, cluster->runner()) : Run(plan, options, *sandbox_);
    result_.actions_run_remotely = cluster != nullptr ? cluster->runner().remote_runs() : 0;
    const std::string weakness = sandbox_->Weakness();
    if (!weakness.empty()) events_.Handle(Message{Message::Kind::kWarning, weakness});
    sandbox_->Stop();
    return executed;
  }

  absl::StatusOr<execution::ExecutionResult> Run(const BuildPlan& plan, const execution::ExecutionOptions& options,
                                                 execution::SpawnRunner& runner) {
    store::LocalStore& store = *session_->store;
    store::BuildHistory history(store.database.get(), session_->root);
    store::ReadSets read_sets(store.database.get());
    COW_RETURN_IF_ERROR(OpenRemote());
    const std::stop_callback on_cancel(cancelled_, [this] {
      if (remote_ != nullptr) remote_->Cancel();
    });
    execution::Services services{.cas = *store.cas,
                                 .action_cache = *store.actions,
                                 .file_states = *store.files,
                                 .trees = *store.trees,
                                 .fetcher = session_->Fetcher(),
                                 .spawn_runner = runner,
                                 .events = events_,
                                 .cancelled = cancelled_,
                                 .history = request_.kind == BuildRequest::Kind::kPush ? nullptr : &history,
                                 .read_sets = &read_sets,
                                 .remote = remote_.get(),
                                 .remembered = remembered_.get()};
    return execution::Execute(plan, options, services);
  }

  // Waits for them, unless the user does not.
  void FinishUploads() {
    if (remote_ == nullptr) return;
    const std::stop_callback on_cancel(cancelled_, [this] { remote_->Cancel(); });
    const remote::RemoteClient::Uploads uploads = remote_->Finish();
    result_.results_sent = uploads.sent;
    result_.results_not_sent = uploads.dropped;
    if (request_.kind == BuildRequest::Kind::kPush && uploads.dropped > 0) Fail(ExitCode::kMachine);
  }

  // For `cow why` and others.
  void AddToHistory(std::vector<RecordedAction> actions) {
    if (result_.actions_run + result_.actions_cached + result_.actions_failed == 0) return;
    store::BuildHistory history(session_->store->database.get(), session_->root);
    history.AddBuild({.summary = Summary(), .actions = std::move(actions)});
  }

  BuildSummary Summary() const {
    return {.unix_micros = began_unix_micros_,
            .wall_micros = absl::GetCurrentTimeNanos() / 1000 - began_unix_micros_,
            .command = CommandName(request_.kind),
            .arguments = request_.command_line,
            .exit_code = static_cast<int32_t>(result_.exit_code),
            .interrupted = cancelled_.stop_requested(),
            .actions_run = result_.actions_run,
            .actions_cached = result_.actions_cached,
            .actions_failed = result_.actions_failed};
  }

  execution::SandboxedSpawnRunner::Options SandboxOptions() const {
    const store::LocalStore& store = *session_->store;
    return {.sandbox = {.helper_program = session_->installation.programs_dir + "/cow-sandbox",
                        .source_roots = {store.layout.root},
                        .scratch_directory = store.session->path()},
            .scratch_root = store.session->path(),
            .limits = LimitsOf(request_),
            .min_tier = request_.min_sandbox};
  }

  // Into the result; of a part in the places of the whole plan. Whether all that was asked for is there, and would be
  // again.
  bool Record(const execution::ExecutionResult& executed, const store::PlanPart* part) {
    bool built = true;
    for (size_t i = 0; i < executed.targets.size(); ++i) {
      const execution::TargetOutcome& target = executed.targets[i];
      BuiltTarget made{.label = target.label, .ok = target.ok};
      for (const execution::BuiltOutput& output : target.outputs) made.files.push_back({output.path, output.digest.hex(), output.is_here});
      built &= target.ok;
      if (part != nullptr) {
        result_.targets[part->targets[i]] = std::move(made);
      } else {
        result_.targets.push_back(std::move(made));
      }
      if (result_.targets.size() == 1) result_.executable = target.executable;
    }
    if (part == nullptr && executed.targets.size() != 1) result_.executable.clear();
    RecordTests(executed.tests, part != nullptr);
    const bool passed = std::all_of(result_.tests.begin(), result_.tests.end(),
                                    [](const TestOutcome& test) { return test.passed(); });
    // A test that passed by luck may fail the next time.
    const bool lucky = std::any_of(result_.tests.begin(), result_.tests.end(), [](const TestOutcome& test) {
      return test.status == TestOutcome::Status::kFlaky;
    });
    result_.actions_run = executed.actions_run;
    result_.actions_cached = executed.actions_cached;
    result_.actions_remote = executed.actions_remote;
    result_.actions_failed = executed.actions_failed;
    result_.sandbox_tier = executed.sandbox_tier;
    for (const execution::CriticalStep& step : executed.critical_path) {
      result_.critical_path.push_back({step.description, step.label, step.start_micros, step.wall_micros});
    }
    if (executed.interrupted) {
      Fail(ExitCode::kInterrupted);
    } else if (!built) {
      Fail(ExitCode::kBuildFailed);
    } else if (!passed) {
      Fail(ExitCode::kTestsFailed);
    }
    return executed.ok() && !executed.reached_limit && !lucky && result_.exit_code == ExitCode::kOk;
  }

  void RecordTests(const std::vector<execution::TestOutcome>& runs, bool in_part) {
    for (const execution::TestOutcome& test : runs) {
      const bool ok = test.status == execution::TestOutcome::Status::kPassed;
      if (request_.test_output == "all" && ok && !test.log.empty()) {
        events_.Handle(Message{Message::Kind::kInfo, test.label.ToString() + ":\n" + test.log});
      }
    }
    std::vector<TestOutcome> tests = SummarizeTests(runs);
    if (!in_part) {
      result_.tests = std::move(tests);
      return;
    }
    for (TestOutcome& test : tests) {
      auto place = std::find_if(result_.tests.begin(), result_.tests.end(),
                                [&](const TestOutcome& known) { return known.label == test.label; });
      if (place != result_.tests.end()) *place = std::move(test);
    }
  }

  void Report(const absl::Status& status) {
    if (status.code() != absl::StatusCode::kCancelled) {
      events_.Handle(Message{Message::Kind::kError, ErrorText(status)});
    }
    Fail(ExitCodeFor(status));
  }

  // The first failure decides.
  void Fail(ExitCode code) {
    if (result_.exit_code == ExitCode::kOk) result_.exit_code = code;
  }

  const BuildRequest& request_;
  EventSink& events_;
  const std::stop_token cancelled_;
  const int64_t began_unix_micros_ = absl::GetCurrentTimeNanos() / 1000;
  MessageRecorder said_{events_};  // what loading and analysis say
  std::optional<execution::SandboxedSpawnRunner> sandbox_;  // ends while the session does
  std::unique_ptr<Session> session_;
  std::optional<BuildState> state_;
  std::unique_ptr<remote::RemoteClient> remote_;  // null: there is none
  std::unique_ptr<execution::RememberedResults> remembered_;  // of actions of the plan that is executed; null: of none
  std::unique_ptr<KeptAnalysis> kept_;           // null: all was analysed
  std::optional<analysis::PackageUses> uses_;    // of what was analysed
  std::set<Label> named_;  // requested by name
  absl::Status changed_;
  BuildResult result_;
};

// Somebody who writes on and on must not keep a build from ending.
constexpr int kMostBuilds = 3;

}  // namespace

BuildResult Build(const BuildRequest& request, EventSink& events, std::stop_token cancelled) {
  BuildResult before;
  for (int builds = 1;; ++builds) {
    Builder builder(request, events, cancelled);
    BuildResult result = builder.Run();
    result.actions_run += before.actions_run;
    result.remote_blobs += before.remote_blobs;
    result.remote_bytes += before.remote_bytes;
    result.wall_micros += before.wall_micros;
    if (builder.changed().ok() || cancelled.stop_requested()) return result;
    if (builds == kMostBuilds) {
      events.Handle(Message{Message::Kind::kWarning, absl::StrCat("warning: ", builder.changed().message(),
                                                                  ": what was built is of what was read before")});
      return result;
    }
    events.Handle(Message{Message::Kind::kInfo, absl::StrCat("note: ", builder.changed().message(), ": building again")});
    before = std::move(result);
  }
}

}  // namespace cow::driver
