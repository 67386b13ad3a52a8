// MakeTestAction: the action that runs a test.
//
// The test runs in the sandbox like any action, with the HostTreeInfo that the test rule returns as root directory. It
// finds its program and runfiles in <program>.runfiles only and starts in <program>.runfiles/<workspace>, as under
// Bazel. It passes by exit code 0. What it prints becomes test.log, its only output, which the engine writes; a passing
// test is thus cached, a failing one is not.
//
// A test with shard_count runs as often in parts: TEST_TOTAL_SHARDS, TEST_SHARD_INDEX; it has to touch
// $TEST_SHARD_STATUS_FILE, a second output, to say that it knows. --runs_per_test repeats it, with TEST_RUN_NUMBER;
// results of repetitions are not cached.
//
// Environment: RUNFILES_DIR (with JAVA_RUNFILES, PYTHON_RUNFILES) and TEST_SRCDIR are the tree, TEST_WORKSPACE is the
// directory of the main repository in it, RUNFILES_MANIFEST_FILE lists it; TEST_TMPDIR=/tmp; TEST_TARGET, TEST_BINARY,
// TEST_SIZE, TEST_TIMEOUT; then RunEnvironmentInfo.environment, then --test_env.
#pragma once

#include <string>
#include <vector>

#include "engine/analysis/action_record.h"
#include "engine/analysis/configured_target.h"
#include "engine/model/artifact.h"
#include "engine/model/test_options.h"
#include "engine/starlark/heap.h"

namespace cow::analysis {

// One of the runs that a test consists of.
struct TestRun {
  int shard = 0;
  int shards = 0;  // 0 = not sharded
  int number = 0;  // from 0
};
std::vector<TestRun> RunsOf(const ConfiguredTarget& test, const TestOptions& options);

struct TestAction {
  ActionRecord record{};
  std::vector<Artifact> outputs{};  // the log first
};

// `test` is a configured test (program->is_test); `workspace` is what the main repository is called in runfiles. Strings
// are made in `heap`, which must live until the plan is made.
TestAction MakeTestAction(const ConfiguredTarget& test, const TestRun& run, const std::string& workspace,
                          const TestOptions& options, starlark::Heap& heap);

}  // namespace cow::analysis
