// Execute: BuildPlan -> outputs. The door into this layer; everything else here is its own business.
//
// Brings the wanted artifacts of a plan up to date: looks every action up in the action cache by its
// ActionKey, runs what is not there in a sandbox, and writes what was requested below <workspace>/cow-out.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/model/build_event.h"
#include "engine/model/build_plan.h"
#include "engine/model/build_record.h"
#include "engine/store/path_snapshot.h"

namespace cow::store {
class ActionCache;
class BuildHistory;
class Fetcher;
class LocalCas;
class ReadSets;
class RemoteCache;
class TreeStore;
}  // namespace cow::store

namespace cow::execution {

class RememberedResults;
class SpawnRunner;

// Of the results of other machines: whose bytes come at once. Others come when an action reads them.
enum class RemoteOutputs {
  kAll,
  kRequested,  // of requested targets
  kNone,       // and of requested targets, only what is here is written below cow-out
};

struct ExecutionOptions {
  std::string workspace_root{};        // absolute; cow-out is made in it
  std::string scratch_root{};          // existing private directory on the file system of the CAS (session directory)
  int jobs = 0;                        // processes at once; 0 = number of processors
  bool show_failed_tests = true;       // announce failures of tests with all that they printed
  bool keep_going = false;             // go on with what does not depend on a failed action
  bool show_commands = false;          // announce each command that runs
  bool keep_failed_sandboxes = false;  // below cow-out/sandbox-debug; messages say where
  bool audit = false;                  // announce what each action that runs asks for and does not declare
  bool materialize = true;             // write the outputs of requested targets below cow-out
  bool materialize_runfiles = false;   // and the runfiles of their executables (cow run)
  RemoteOutputs remote_outputs = RemoteOutputs::kAll;
  bool only_offer = false;             // nothing runs: what is known here is offered to the remote cache
  bool read_test_logs = false;         // TestOutcome.log also of tests that did not run
  bool list_paths = false;             // fill ExecutionResult.paths, done and values
  bool list_host_trees = true;         // with the files of host trees
  // Tells whose output a path is that the plan does not know; "" if it is nobody's. For messages, from any thread.
  std::function<std::string(const std::string& exec_path)> owner_elsewhere{};
  bool use_cached_results = true;      // false: run everything, replacing the results in the cache
  ActionId always_run{};               // its result is not looked up
  std::string min_sandbox_tier = "S3"; // results of a weaker sandbox are not used
  int64_t began_unix_micros = 0;       // when the build began
};

// The parts that execution works with. All outlive the call.
struct Services {
  store::LocalCas& cas;
  store::ActionCache& action_cache;
  store::FileStateCache& file_states;
  store::TreeStore& trees;
  store::Fetcher& fetcher;
  SpawnRunner& spawn_runner;
  EventSink& events;                   // called from the thread that called Execute
  std::stop_token cancelled{};         // set by Ctrl-C
  store::BuildHistory* history = nullptr;  // null: nothing is recorded
  store::ReadSets* read_sets = nullptr;    // null: all inputs of all actions matter
  store::RemoteCache* remote = nullptr;    // null: there is none
  RememberedResults* remembered = nullptr; // null: every action is looked up
};

struct BuiltOutput {
  ArtifactId artifact{};
  std::string path{};                  // below the workspace; source files: their exec path
  Digest digest{};                     // of the bytes, or of the encoded tree; of the target text for symlinks
  bool is_here = true;                 // false: not written below cow-out, as the bytes are elsewhere (RemoteOutputs::kNone)
};

struct TargetOutcome {
  Label label{};
  std::string configuration{};
  bool ok = false;
  std::vector<BuiltOutput> outputs{};  // empty unless ok
  std::string executable{};            // absolute path, if the target has one, is ok and was materialized
};

struct TestOutcome {
  enum class Status {
    kPassed,
    kFailed,
    kTimedOut,
    kNotBuilt,                         // something it needs failed
    kNotRun,                           // the build stopped before
  };

  Label label{};
  Status status = Status::kNotRun;
  bool cached = false;
  int attempts = 0;                    // how often it was started in this build
  int64_t wall_micros = 0;             // of the run, also of one long ago
  std::string log{};                   // what the test printed, as far as it is here
};

struct CriticalStep {
  std::string description{};
  std::string label{};
  int64_t start_micros = 0;            // since the build began
  int64_t wall_micros = 0;
};

struct ExecutionResult {
  std::vector<TargetOutcome> targets{};   // in the order of BuildPlan.targets
  std::vector<TestOutcome> tests{};       // in the order of BuildPlan.tests
  // Processes only. Actions that need none (writing, templates, symlinks, downloads) are in none of these.
  int64_t actions_run = 0;                // ran, successfully
  int64_t actions_cached = 0;             // result came from the action cache
  int64_t actions_remote = 0;             // of these, from a remote one
  int64_t actions_failed = 0;             // tests that failed included
  int64_t actions_skipped = 0;            // needed something that failed, or the build stopped before
  int64_t wall_micros = 0;
  std::string sandbox_tier{};             // "" if nothing ran
  std::string bin_directory{};            // where cow-bin points, below the workspace; "" if nothing was written
  // Every path that was read or written and whose change makes a build like this one do something else. Only with
  // list_paths, and if the result is ok.
  std::vector<store::SeenPath> paths{};   // tag: of a source its ArtifactId
  std::vector<ActionId> done{};           // all actions, each after the producers of its inputs
  std::vector<std::optional<ActionOutput>> values{};  // by ArtifactId; of what was not needed none
  bool interrupted = false;
  bool reached_limit = false;             // an action did, and succeeded: the next build runs it again
  std::vector<RecordedAction> recorded{}; // for the history; empty without one
  // The chain of processes that took longest, of those that ran: no number of processors makes the build faster.
  std::vector<CriticalStep> critical_path{};

  bool ok() const;                        // every target ok, every test passed, not interrupted
};

// kAborted: the bytes of an artifact that the plan knows (BuildPlan::known) are gone; the whole plan is needed.
// A failed action is data: it was reported to the event sink and is counted in the result. Not OK only if
// the machine failed (disk full, no sandbox) or an artifact's name cannot be written.
// Starts its own threads and joins them before it returns.
absl::StatusOr<ExecutionResult> Execute(const BuildPlan& plan, const ExecutionOptions& options,
                                        const Services& services);

}  // namespace cow::execution
