// RemoteResults: results of other machines, and results for other machines. Of what is found here, the bytes that are needed are
// in the CAS, and all others are promised by the remote cache. Any thread.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/execution/blob_supply.h"
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
  RemoteResults(store::RemoteCache* remote, TreeReader& trees, BlobSupply& supply)
      : remote_(remote), trees_(trees), supply_(supply) {}

  // Whether anything of this action is asked for.
  bool MayAsk(const Action& action) const;

  // A result that can be used (UsableValues); its outputs in declared order. `needed`: those whose bytes must come now, by place.
  // Of trees it is known what they hold.
  std::optional<store::RemoteResult> Find(const Action& action, const PreparedAction& prepared, std::string_view min_tier,
                                          const std::vector<bool>& needed);

  // Of a result that this machine knows: which of the values cannot be relied on, though the remote cache was asked. Indices.
  absl::StatusOr<std::vector<size_t>> FindLost(const std::vector<ArtifactValue>& values, const std::vector<bool>& needed);

  // What the action did here, for others. `read`: what it read of its inputs; empty if that is not known.
  void Offer(const Action& action, const PreparedAction& prepared, const ActionResult& result, const store::ReadSet& read);

 private:
  bool Secure(const std::vector<ArtifactValue>& values, const std::vector<bool>& needed);
  std::vector<Digest> BlobsOf(const ArtifactValue& value) const;

  store::RemoteCache* const remote_;
  TreeReader& trees_;
  BlobSupply& supply_;
};

}  // namespace cow::execution
