// Statistics: how the recorded builds of a workspace went.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/driver/build_request.h"
#include "engine/model/build_record.h"

namespace cow::driver {

struct MnemonicStatistics {
  std::string mnemonic{};
  int64_t runs = 0;
  int64_t total_micros = 0;
  int64_t longest_micros = 0;
};

struct Statistics {
  std::vector<BuildSummary> builds{};              // oldest first
  int64_t run = 0;                                 // processes of all of them
  int64_t cached = 0;
  int64_t failed = 0;
  std::vector<MnemonicStatistics> mnemonics{};     // those that took longest in all first
  std::vector<RecordedAction> slowest{};           // the last run of each action, slowest first

  // Of all that were asked for, those that did not have to run; 0 to 1.
  double hit_rate() const;
};

// At most `slowest` of the slowest actions.
absl::StatusOr<Statistics> StatisticsOf(const BuildRequest& where, size_t slowest);

}  // namespace cow::driver
