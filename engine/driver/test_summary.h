// SummarizeTests: runs of tests, as execution tells them, to one outcome per test.
#pragma once

#include <vector>

#include "engine/driver/build_request.h"
#include "engine/execution/execute.h"

namespace cow::driver {

// Runs of one test (shards, repetitions) follow each other. The worst of them decides.
std::vector<TestOutcome> SummarizeTests(const std::vector<execution::TestOutcome>& runs);

}  // namespace cow::driver
