// RemoteBlobs: blobs that a remote cache is said to hold, and that come when somebody needs their bytes. Any thread.
//
// What was promised and cannot be had is never relied on again in this build: who needs it makes it.
#pragma once

#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/digest.h"
#include "engine/store/blob_store.h"
#include "engine/store/remote_cache.h"

namespace cow::execution {

class RemoteBlobs {
 public:
  // `remote` may be null: then nothing is promised, and nothing comes. Both outlive it. `here`: where blobs are when they came.
  RemoteBlobs(store::RemoteCache* remote, store::BlobStore* here)
      : remote_(remote != nullptr && remote->reads() ? remote : nullptr), here_(*here) {}

  // Relies on somebody's word that the cache holds these, except those that it failed to give. False if there are such.
  bool Promise(const std::vector<Digest>& blobs);
  // Asks the cache itself. Whether it holds all of them; these are promised then.
  bool Ask(const std::vector<Digest>& blobs);
  bool IsPromised(const Digest& blob) const;

  // Brings blobs here, as far as they can be had. Who asks for a blob that comes already waits for it.
  void Bring(const std::vector<Digest>& blobs);

 private:
  std::vector<Digest> Claim(const std::vector<Digest>& blobs);
  void Settle(const std::vector<Digest>& claimed, const std::vector<Digest>& missing);

  store::RemoteCache* const remote_;
  store::BlobStore& here_;
  mutable absl::Mutex mutex_;
  absl::CondVar came_;
  absl::flat_hash_set<Digest> promised_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<Digest> coming_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<Digest> failed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::execution
