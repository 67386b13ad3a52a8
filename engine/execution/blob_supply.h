// BlobSupply: are the bytes of these values in the CAS, and if not, where can they be had? Any thread.
//
// Bytes that are not here may be downloaded (as a plan says) or may come from a remote cache.
#pragma once

#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "engine/execution/artifact_value.h"
#include "engine/execution/remote_blobs.h"
#include "engine/execution/tree_reader.h"
#include "engine/model/build_plan.h"
#include "engine/store/blob_store.h"
#include "engine/store/fetcher.h"

namespace cow::execution {

class BlobSupply {
 public:
  // All outlive the supply. What can be downloaded is what the kFetch actions of the plan describe.
  BlobSupply(const BuildPlan& plan, store::BlobStore* blobs, store::Fetcher* fetcher, TreeReader* trees, RemoteBlobs* remote);

  // All return indices of values, in order. Of the values whose bytes are not in the CAS: those that
  // cannot be downloaded,
  absl::StatusOr<std::vector<size_t>> FindAbsent(const std::vector<ArtifactValue>& values);
  // nor are promised by the remote cache,
  absl::StatusOr<std::vector<size_t>> FindLost(const std::vector<ArtifactValue>& values);
  // or did not come from it when they were asked for,
  absl::StatusOr<std::vector<size_t>> Bring(const std::vector<ArtifactValue>& values);
  // after downloading what can be. Also the errors of Fetcher.
  absl::StatusOr<std::vector<size_t>> Supply(const std::vector<ArtifactValue>& values);

  // After asking the remote cache whether it holds what is not here.
  absl::StatusOr<std::vector<size_t>> FindLostEverywhere(const std::vector<ArtifactValue>& values);

  // The remote cache holds these blobs, and the value needs them. False if it failed to give one of them before.
  bool Promise(const ArtifactValue& value, const std::vector<Digest>& blobs);
  // False if all bytes came or were here, as far as is known without looking.
  bool MayBeElsewhere(const ArtifactValue& value) const;

 private:
  enum class Effort { kNone, kPromised, kRemote, kAll };
  // A blob, and the index of the value that needs it.
  struct Part {
    Digest digest;
    size_t value;
  };

  absl::StatusOr<std::vector<size_t>> Find(const std::vector<ArtifactValue>& values, Effort effort);
  absl::StatusOr<std::vector<Part>> PartsOf(const std::vector<ArtifactValue>& values, bool bring_trees,
                                            std::vector<size_t>* lost);
  // Neither here nor to be downloaded, unless `downloads` is given, which gets what describes them.
  absl::StatusOr<absl::flat_hash_set<Digest>> Missing(const std::vector<Part>& parts, std::vector<const FetchSpec*>* downloads);
  void NoteComplete(const std::vector<ArtifactValue>& values, const std::vector<size_t>& lost);

  store::BlobStore& blobs_;
  store::Fetcher& fetcher_;
  TreeReader& trees_;
  RemoteBlobs& remote_;
  absl::flat_hash_map<Digest, const FetchSpec*> downloads_;  // constant after construction
  mutable absl::Mutex mutex_;
  absl::flat_hash_set<Digest> promised_trees_ ABSL_GUARDED_BY(mutex_);  // of which files are elsewhere
};

}  // namespace cow::execution
