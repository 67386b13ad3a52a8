// RemoteInputRoot: the directory that an action finds on another machine, as a Merkle tree: cow's runner and sandbox, the order, the
// inputs, and the tree that becomes its root directory. Any thread; trees are taken apart once per build.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/digest.h"
#include "engine/execution/spawn_message.h"
#include "engine/store/cas.h"
#include "engine/store/remote_executor.h"
#include "engine/store/tree_store.h"

namespace cow::execution {

class RemoteInputRoot {
 public:
  // The programs cow-remote-run and cow-sandbox; `cas` and `trees` outlive this.
  RemoteInputRoot(std::string runner, std::string sandbox, store::LocalCas& cas, store::TreeStore& trees)
      : runner_(std::move(runner)), sandbox_(std::move(sandbox)), cas_(cas), trees_(trees) {}

  // The digest of the root directory; `blobs` gets all that is in it. A miss (store::IsMiss): bytes of an input are not on
  // this machine.
  absl::StatusOr<Digest> Make(const TravelOrder& order, std::vector<store::RemoteBlob>* blobs);

 private:
  // A directory with all below it.
  struct Part {
    Digest root{};
    std::vector<store::RemoteBlob> blobs{};
    int64_t file_bytes = 0;  // of all its files
  };
  using PartPtr = std::shared_ptr<const Part>;

  absl::StatusOr<PartPtr> TreePart(const Digest& tree);
  absl::StatusOr<PartPtr> HostTreePart(const HostTree& tree);
  absl::StatusOr<PartPtr> Remember(const Digest& key, absl::StatusOr<Part> part);
  PartPtr Known(const Digest& key);
  absl::StatusOr<store::RemoteBlob> Program(const std::string& path);

  const std::string runner_;
  const std::string sandbox_;
  store::LocalCas& cas_;
  store::TreeStore& trees_;
  absl::Mutex mutex_;
  absl::flat_hash_map<Digest, PartPtr> parts_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Digest> programs_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::execution
