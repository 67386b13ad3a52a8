// MemoryBlobStore: a BlobStore that lives in memory, for tests.
#pragma once

#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "engine/store/blob_store.h"

namespace cow::store {

class MemoryBlobStore final : public BlobStore {
 public:
  absl::StatusOr<std::string> Get(const Digest& digest) override;
  absl::StatusOr<Digest> Put(std::string_view bytes) override;
  absl::StatusOr<Digest> PutFile(const std::string& path) override;
  absl::StatusOr<std::vector<Digest>> FindMissing(const std::vector<Digest>& digests) override;

  // Loses a blob, as a full disk or another process may do at any time.
  void Forget(const Digest& digest);

 private:
  absl::Mutex mutex_;
  absl::flat_hash_map<Digest, std::string> blobs_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::store
