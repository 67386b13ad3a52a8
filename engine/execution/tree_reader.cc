#include "engine/execution/tree_reader.h"

#include <utility>

#include "engine/base/status.h"

namespace cow::execution {

absl::StatusOr<std::shared_ptr<const store::TreeContents>> TreeReader::Read(const Digest& tree) {
  {
    absl::MutexLock lock(&mutex_);
    auto known = trees_.find(tree);
    if (known != trees_.end()) return known->second;
  }
  COW_ASSIGN_OR_RETURN(std::string bytes, blobs_.Get(tree));
  COW_ASSIGN_OR_RETURN(store::TreeContents contents, store::DecodeTree(bytes));
  auto shared = std::make_shared<const store::TreeContents>(std::move(contents));
  absl::MutexLock lock(&mutex_);
  return trees_.try_emplace(tree, std::move(shared)).first->second;
}

absl::StatusOr<Digest> TreeReader::RootDirectory(const Digest& tree) {
  {
    absl::MutexLock lock(&mutex_);
    auto known = roots_.find(tree);
    if (known != roots_.end()) return known->second;
  }
  COW_ASSIGN_OR_RETURN(std::string bytes, blobs_.Get(tree));
  COW_ASSIGN_OR_RETURN(Digest root, store::RootDirectoryOf(bytes));
  absl::MutexLock lock(&mutex_);
  return roots_.try_emplace(tree, root).first->second;
}

}  // namespace cow::execution
