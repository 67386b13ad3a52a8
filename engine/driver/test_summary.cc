#include "engine/driver/test_summary.h"

#include <algorithm>

namespace cow::driver {
namespace {

using Status = TestOutcome::Status;

Status StatusOf(const execution::TestOutcome& run) {
  using From = execution::TestOutcome::Status;
  switch (run.status) {
    case From::kPassed:
      return run.attempts > 1 ? Status::kFlaky : Status::kPassed;
    case From::kFailed:
      return Status::kFailed;
    case From::kTimedOut:
      return Status::kTimeout;
    case From::kNotBuilt:
      return Status::kFailedToBuild;
    case From::kNotRun:
      return Status::kNoStatus;
  }
  return Status::kNoStatus;
}

// Statuses are declared from the best to the worst.
void Add(const execution::TestOutcome& run, TestOutcome& test) {
  const Status status = StatusOf(run);
  test.status = std::max(test.status, status);
  test.cached &= run.cached;
  test.wall_micros = std::max(test.wall_micros, run.wall_micros);
  const int attempts = std::max(run.attempts, run.cached ? 1 : 0);
  test.runs += attempts;
  test.failed_runs += status == Status::kFlaky ? attempts - 1
                      : status == Status::kFailed || status == Status::kTimeout ? attempts
                                                                              : 0;
}

}  // namespace

std::vector<TestOutcome> SummarizeTests(const std::vector<execution::TestOutcome>& runs) {
  std::vector<TestOutcome> tests;
  for (const execution::TestOutcome& run : runs) {
    if (tests.empty() || tests.back().label != run.label) {
      tests.push_back({.label = run.label, .status = Status::kPassed, .cached = true});
    }
    Add(run, tests.back());
  }
  return tests;
}

}  // namespace cow::driver
