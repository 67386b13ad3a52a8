// BuildRequest: what was asked, in terms of builds, not of flags. BuildResult: what came out.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/model/build_options.h"
#include "engine/model/label.h"
#include "engine/model/test_options.h"
#include "engine/remote/remote_options.h"

namespace cow::driver {

struct BuildRequest {
  enum class Kind { kBuild, kTest, kRun, kShell, kPush };

  Kind kind = Kind::kBuild;
  std::vector<std::string> patterns{};      // as typed, relative to the package of working_directory
  std::string working_directory{};          // absolute
  std::vector<std::string> command_line{};  // as typed, to be recorded
  std::string cache_dir{};                  // "" = from the environment
  uint64_t disk_cache_max = 0;              // bytes the cache may take when the command ends; 0 = any number
  BuildOptions options{};                   // how to build: what configurations are made of
  int jobs = 0;                             // 0 = number of processors
  std::vector<std::string> output_groups{};  // "g", "+g" or "-g"
  std::vector<std::string> aspects{};        // "//pkg:file.bzl%name"
  std::map<std::string, std::string> aspect_parameters{};
  int loading_phase_threads = 0;            // 0 = number of processors
  uint64_t max_starlark_steps = 1'000'000'000;  // of one file, package or rule function; 0 = any number
  bool build = true;                        // false: load and analyse, run no action
  bool keep_going = false;
  bool subcommands = false;
  bool sandbox_debug = false;
  bool audit = false;  // run everything, and say what each action asks for and does not declare
  bool paranoid = false;  // read every file: no time of a file tells that it did not change
  bool offline = false;
  bool check_visibility = true;
  bool fetch = true;                        // false: repositories are used as an earlier command left them
  std::vector<std::string> distdirs{};      // looked at before the network
  std::string vendor_dir{};                 // files that travel with the sources; "" = none
  std::vector<std::string> snapshot_mirrors{};  // base URLs; below them dates, below these what mirrors had then
  int parallel_downloads = 8;
  int download_attempts = 3;
  double download_timeout_scale = 1;
  std::string repository_cache{};           // "" = none; the cache keeps what was downloaded in any case
  std::string min_sandbox = "S3";           // "S2", "S1"; "S0": none (--sandbox=none)
  uint64_t sandbox_memory_limit = 0;        // bytes of an action's processes together; 0 = any
  uint64_t sandbox_process_limit = 0;       // processes and threads of an action at once; 0 = any
  uint64_t sandbox_file_size_limit = 0;     // bytes of a file that an action writes; 0 = any
  uint64_t sandbox_output_limit = 16 << 20; // bytes that are kept of stdout and of stderr; 0 = all
  std::string test_output = "errors";
  TestOptions test_options{};               // cow test
  std::string toolchain_resolution_debug{}; // regular expression
  std::string explain{};                    // file for the reasons why actions ran; "" = none
  bool verbose_explanations = false;
  std::string shell_mnemonic{};             // cow shell: of the action to enter; "" = any
  std::string shell_output{};               // the end of the path of an output of it; "" = any
  std::vector<std::string> shell_command{}; // empty: a shell
  remote::RemoteOptions remote{};           // where else results are looked for, and who else runs actions
  std::string remote_download_outputs = "toplevel";  // of what is found there: "all", "toplevel", "minimal"
  std::map<std::string, std::string> default_exec_properties{};  // for the executor, of actions that have none
  std::vector<std::string> spawn_strategy{};                     // "remote", "sandboxed"; empty: what there is
  std::map<std::string, std::vector<std::string>> strategy{};    // by mnemonic
  bool local_fallback = true;               // what the executor cannot run runs here
  bool expunge = false;                     // cow clean
  bool check_only = false;                  // cow lock, cow vendor
};

struct BuiltFile {
  std::string path{};                       // below the workspace
  std::string sha256{};                     // of the bytes, or of the tree's encoding
  bool is_here = true;                      // false: the bytes are in the remote cache only
};

struct BuiltTarget {
  Label label{};
  bool ok = false;
  std::vector<BuiltFile> files{};
};

// A target that a pattern matched and that cannot be built here.
struct SkippedTarget {
  Label label{};
  std::string reason{};
};

struct TestOutcome {
  enum class Status {
    kPassed,
    kFlaky,                                 // passed after it had failed
    kFailed,
    kTimeout,
    kFailedToBuild,
    kNoStatus,                              // the build stopped before it ran
  };

  Label label{};
  Status status = Status::kNoStatus;
  bool cached = false;                      // all of its runs
  int64_t wall_micros = 0;                  // of the longest
  int runs = 0;                             // shards, repetitions and attempts
  int failed_runs = 0;

  bool passed() const { return status == Status::kPassed || status == Status::kFlaky; }
};

// A process on the chain that took longest: no number of processors makes the build faster.
struct CriticalStep {
  std::string description{};                // "Compiling a.cc"
  std::string label{};
  int64_t start_micros = 0;                 // since the build began
  int64_t wall_micros = 0;
};

// Exit codes of cow, after Bazel's. docs/reference/exit-codes.md lists them for users.
enum class ExitCode : int {
  kOk = 0,
  kBuildFailed = 1,      // an action failed, or a BUILD file is wrong
  kBadCommandLine = 2,
  kTestsFailed = 3,      // everything was built, some tests failed
  kPartialAnswer = 3,    // cow query --keep_going: something is broken, and the answer lacks what depends on it
  kInterrupted = 8,
  kMachine = 36,         // disk, permissions, no sandbox, no network for a download
  kBug = 37,
};

struct BuildResult {
  int shell_exit_code = 0;                  // cow shell: of the command, if it ran
  ExitCode exit_code = ExitCode::kOk;
  std::vector<BuiltTarget> targets{};
  std::vector<TestOutcome> tests{};
  std::vector<SkippedTarget> skipped{};
  int64_t actions_run = 0;
  int64_t actions_run_remotely = 0;         // of these, by an executor
  int64_t actions_cached = 0;
  int64_t actions_remote = 0;               // of those cached, from the remote cache
  int64_t results_sent = 0;                 // to the remote cache, if the command waits for that
  int64_t results_not_sent = 0;             // because the cache did not take them, or nobody knows
  int64_t results_not_here = 0;             // cow cache push: of actions that did not run here, or whose outputs are gone
  int64_t remote_blobs = 0;                 // that came from the remote cache
  int64_t remote_bytes = 0;                 // of these
  int64_t actions_failed = 0;
  bool unchanged = false;                   // taken over from the last build: nothing was different
  std::vector<CriticalStep> critical_path{};  // of what ran
  int64_t wall_micros = 0;
  int64_t targets_kept = 0;                 // whose last analysis still held, in a build that analysed others
  int64_t loading_micros = 0;               // of it: finding and evaluating packages
  int64_t analysis_micros = 0;              // of it: from targets to actions; packages not loaded before load here
  std::string sandbox_tier{};               // "" if no action had to run
  std::string executable{};                 // cow run: absolute path of the built program
  std::string run_directory{};              // where it starts: the main repository in its runfiles
  std::vector<std::string> run_args{};      // its arguments before the user's
  std::map<std::string, std::string> run_env{};  // variables it is started with, besides those of cow
};

}  // namespace cow::driver
