// MakeTestAction: the action that runs a test.
//
// The test runs in the sandbox like any action: working directory /build, its program and runfiles
// at their exec paths, the HostTreeInfo that the test rule returns as root directory. It passes by
// exit code 0. What it prints becomes test.log, its only output, which the engine writes; a passing
// test is thus cached, a failing one is not.
//
// Environment: RUNFILES_DIR and TEST_SRCDIR are /build and TEST_WORKSPACE is ".", so that
// $TEST_SRCDIR/$TEST_WORKSPACE/pkg/data.txt is a source file; TEST_TMPDIR=/tmp; TEST_TARGET,
// TEST_BINARY, TEST_SIZE, TEST_TIMEOUT; then RunEnvironmentInfo.environment, then --test_env.
#pragma once

#include <string>
#include <vector>

#include "engine/analysis/action_record.h"
#include "engine/analysis/configured_target.h"
#include "engine/model/artifact.h"
#include "engine/starlark/heap.h"

namespace cow::analysis {

struct TestAction {
  ActionRecord record{};
  Artifact log{};
};

// `test` is a configured test (program->is_test). Strings are made in `heap`, which must live until
// the plan is made.
TestAction MakeTestAction(const ConfiguredTarget& test, starlark::Heap& heap);

}  // namespace cow::analysis
