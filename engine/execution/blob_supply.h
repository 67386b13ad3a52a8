// BlobSupply: are the bytes of these values in the CAS, and if not, can they be downloaded? Any thread.
#pragma once

#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/execution/artifact_value.h"
#include "engine/execution/tree_reader.h"
#include "engine/model/build_plan.h"
#include "engine/store/blob_store.h"
#include "engine/store/fetcher.h"

namespace cow::execution {

class BlobSupply {
 public:
  // All outlive the supply. What can be downloaded is what the kFetch actions of the plan describe.
  BlobSupply(const BuildPlan& plan, store::BlobStore* blobs, store::Fetcher* fetcher, TreeReader* trees);

  // Indices of the values whose bytes are neither in the CAS nor downloadable.
  absl::StatusOr<std::vector<size_t>> FindLost(const std::vector<ArtifactValue>& values);

  // The same, after downloading what is needed. Also the errors of Fetcher.
  absl::StatusOr<std::vector<size_t>> Supply(const std::vector<ArtifactValue>& values);

 private:
  absl::StatusOr<std::vector<size_t>> Find(const std::vector<ArtifactValue>& values, bool download);

  store::BlobStore& blobs_;
  store::Fetcher& fetcher_;
  TreeReader& trees_;
  absl::flat_hash_map<Digest, const FetchSpec*> downloads_;  // constant after construction
};

}  // namespace cow::execution
