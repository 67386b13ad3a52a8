// TreeStore: directory trees laid out once under `<cache>/trees/<digest>` as real copies, to be bound read-only into
// sandboxes. Files have modes 0444/0555, directories 0555, times by StagedMtime; no inode is shared with the CAS.
//
// All methods may be called from any thread and process; a tree appears by one rename, complete.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/digest.h"
#include "engine/base/posix_file.h"
#include "engine/model/host_tree.h"
#include "engine/store/cache_layout.h"
#include "engine/store/cas.h"
#include "engine/store/database.h"
#include "engine/store/trust_index.h"

namespace cow::store {

class TreeStore {
 public:
  // `cas` and `database` outlive the store; `scratch_dir` lies on the cache's file system.
  TreeStore(const CacheLayout& layout, std::string scratch_dir, LocalCas* cas, Database* database);

  // The directory of a tree artifact (see tree_encoding.h). A miss (IsMiss) if the CAS lacks the tree or a file of it.
  absl::StatusOr<std::string> MaterializeTree(const Digest& tree);

  // The directory of a host tree, copied from its source paths. kFailedPrecondition "... changed during the build" if
  // a file is not what it was when it was hashed.
  absl::StatusOr<std::string> MaterializeHostTree(const HostTree& tree);

 private:
  using NodesOrError = absl::StatusOr<std::vector<HostTreeEntry>>;

  // `nodes` is called only if the tree must be made.
  absl::StatusOr<std::string> Materialize(const std::string& name, const std::function<NodesOrError()>& nodes);
  bool IsTrusted(const std::string& name);
  absl::Status Replace(const std::string& name, const std::string& laid_out);
  NodesOrError NodesOfTree(const Digest& tree);

  const std::string trees_dir_;
  const std::string scratch_dir_;
  LocalCas& cas_;
  Database& database_;
  TrustIndex index_;
  absl::Mutex mutex_;
  // By this process, which need not ask the database for them.
  absl::flat_hash_map<std::string, FileInfo> laid_out_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::store
