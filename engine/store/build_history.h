// BuildHistory: the last builds of one workspace, and the last key of each of its actions.
//
// A build that ran or looked up actions leaves a record of those whose key changed or that ran: a small edit in a large
// workspace leaves a small record. Bounded: the oldest records make room. A record that is damaged or gone is as if there
// had been no such build. All methods may be called from any thread; several processes may add builds at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/build_record.h"
#include "engine/model/recorded_durations.h"
#include "engine/store/database.h"
#include "engine/store/preimage_store.h"

namespace cow::store {

struct HistoryLimits {
  size_t builds = 100;
  int64_t bytes = int64_t{64} << 20;  // the newest build is kept whatever its size
};

class BuildHistory {
 public:
  // `database` outlives it.
  BuildHistory(Database* database, const std::string& workspace_root, HistoryLimits limits = {});

  // Oldest first.
  std::vector<BuildSummary> Builds() const;

  // The recorded actions of the build that began then; nullopt if they are not known any more.
  std::optional<std::vector<RecordedAction>> ActionsOf(int64_t unix_micros) const;

  // Its number and its counts of recorded actions and bytes are filled in.
  void AddBuild(BuildRecord record);

  // The last few keys of the action whose first output has this exec path, the newest first. A build in which nothing
  // changed leaves no trace, so that the newest need not be that of the last build.
  std::vector<LastKey> LastKeysOf(std::string_view output) const;
  // `last` becomes the newest.
  void AddLastKey(std::string_view output, const LastKey& last);

  RecordedDurations Durations() const;

  PreimageStore& preimages() { return preimages_; }
  const PreimageStore& preimages() const { return preimages_; }

 private:
  std::string DurationsKey() const;
  std::string KeyOf(int64_t unix_micros) const;
  std::string KeyOf(std::string_view output) const;

  Database& database_;
  const std::string workspace_;  // digest of the root's path
  const HistoryLimits limits_;
  PreimageStore preimages_;
};

}  // namespace cow::store
