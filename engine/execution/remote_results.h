// RemoteResults: results of other machines, with all their bytes in this one's CAS, and results for other machines. Any thread.
#pragma once

#include <optional>
#include <string_view>

#include "engine/execution/prepared_action.h"
#include "engine/execution/tree_reader.h"
#include "engine/model/action.h"
#include "engine/store/remote_cache.h"

namespace cow::execution {

// Execution requirements, named as in Bazel: neither looked up nor sent; not sent.
inline constexpr char kNoRemoteCache[] = "no-remote-cache";
inline constexpr char kNoRemoteCacheUpload[] = "no-remote-cache-upload";

class RemoteResults {
 public:
  // `remote` may be null: there are none. All outlive it.
  RemoteResults(store::RemoteCache* remote, TreeReader& trees) : remote_(remote), trees_(trees) {}

  // A result that can be used (UsableValues) and whose outputs are in the CAS; its outputs in declared order.
  std::optional<store::RemoteResult> Find(const Action& action, const PreparedAction& prepared, std::string_view min_tier);

  // What the action did here, for others. `read`: what it read of its inputs; empty if that is not known.
  void Offer(const Action& action, const PreparedAction& prepared, const ActionResult& result, const store::ReadSet& read);

 private:
  bool FetchOutputs(const ActionResult& result);

  store::RemoteCache* const remote_;
  TreeReader& trees_;
};

}  // namespace cow::execution
