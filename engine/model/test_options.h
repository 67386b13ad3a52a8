// TestOptions: what the command line says about how tests are run. It is in no configuration: programs do not depend on
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace cow {

struct TestOptions {
  int runs_per_test = 1;
  // Seconds for the timeouts short, moderate, long and eternal; empty = 60, 300, 900 and 3600. Negative ones count as
  // absent.
  std::vector<int64_t> timeouts{};
  std::optional<int> flaky_attempts{};  // unset: 3 of tests that are `flaky`, 1 of others
  bool sharded = true;                  // as `shard_count` says
  int forced_shards = 0;                // of every test, whatever `shard_count` says; 0 = as it says
  bool cached = true;                   // results of earlier runs count
};

}  // namespace cow
