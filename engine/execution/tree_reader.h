// TreeReader: the contents of tree artifacts, decoded once per build. Any thread.
//
// Keys need only the root's digest: a toolchain of thousands of files takes longer to decode than a small file to compile.
#pragma once

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/digest.h"
#include "engine/store/blob_store.h"
#include "engine/store/tree_encoding.h"

namespace cow::execution {

class TreeReader {
 public:
  // `blobs` outlives the reader.
  explicit TreeReader(store::BlobStore* blobs) : blobs_(*blobs) {}

  // A miss (store::IsMiss) if the store does not have the encoded tree.
  absl::StatusOr<std::shared_ptr<const store::TreeContents>> Read(const Digest& tree);
  absl::StatusOr<Digest> RootDirectory(const Digest& tree);

 private:
  store::BlobStore& blobs_;
  absl::Mutex mutex_;
  absl::flat_hash_map<Digest, std::shared_ptr<const store::TreeContents>> trees_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<Digest, Digest> roots_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::execution
