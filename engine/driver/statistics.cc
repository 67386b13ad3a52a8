#include "engine/driver/statistics.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "engine/base/status.h"
#include "engine/driver/session.h"
#include "engine/store/build_history.h"

namespace cow::driver {
namespace {

bool Ran(const RecordedAction& action) {
  return action.outcome == RecordedAction::Outcome::kRan || action.outcome == RecordedAction::Outcome::kFailed;
}

}  // namespace

double Statistics::hit_rate() const {
  const int64_t all = run + cached + failed;
  return all == 0 ? 0 : static_cast<double>(cached) / static_cast<double>(all);
}

absl::StatusOr<Statistics> StatisticsOf(const BuildRequest& where, size_t slowest) {
  COW_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, Session::OpenStore(where));
  store::BuildHistory history(session->store->database.get(), session->root);
  Statistics statistics{.builds = history.Builds()};
  std::map<std::string, MnemonicStatistics> mnemonics;
  absl::flat_hash_set<std::string> seen;
  for (size_t i = statistics.builds.size(); i-- > 0;) {
    const BuildSummary& build = statistics.builds[i];
    statistics.run += build.actions_run;
    statistics.cached += build.actions_cached;
    statistics.failed += build.actions_failed;
    std::optional<std::vector<RecordedAction>> actions = history.ActionsOf(build.unix_micros);
    if (!actions) continue;
    for (RecordedAction& action : *actions) {
      if (!Ran(action)) continue;
      MnemonicStatistics& kind = mnemonics[action.mnemonic];
      ++kind.runs;
      kind.total_micros += action.wall_micros;
      kind.longest_micros = std::max(kind.longest_micros, action.wall_micros);
      if (seen.insert(action.outputs[0]).second) statistics.slowest.push_back(std::move(action));
    }
  }
  for (auto& [name, kind] : mnemonics) {
    kind.mnemonic = name;
    statistics.mnemonics.push_back(std::move(kind));
  }
  std::stable_sort(statistics.mnemonics.begin(), statistics.mnemonics.end(),
                   [](const auto& a, const auto& b) { return a.total_micros > b.total_micros; });
  std::stable_sort(statistics.slowest.begin(), statistics.slowest.end(),
                   [](const auto& a, const auto& b) { return a.wall_micros > b.wall_micros; });
  if (statistics.slowest.size() > slowest) statistics.slowest.resize(slowest);
  return statistics;
}

}  // namespace cow::driver
