// Materializer: makes a directory of the workspace hold what an OutputLayout lists, as real files people may change.
//
// Files are copies (reflinks where the file system can), never links to the cache. What is right already is not
// touched: that is decided by the digest of the file that is there, which FileStateCache knows without reading it if it
// did not change. Symlinks are swung last, by rename. One thread at a time; works with several inside.
#pragma once

#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/execution/output_layout.h"
#include "engine/store/cas.h"
#include "engine/store/file_state_cache.h"

namespace cow::execution {

class Materializer {
 public:
  // Paths of layouts are below `root`, an existing directory. All outlive the materializer.
  Materializer(std::string root, store::LocalCas& cas, store::FileStateCache& file_states, int threads)
      : root_(std::move(root)), cas_(cas), file_states_(file_states), threads_(threads) {}

  // All or nothing is not promised: on an error some of it is written. A miss (store::IsMiss) means that the bytes of
  // a file are not in the CAS.
  absl::Status Write(const OutputLayout& layout);

 private:
  absl::Status Prune(const OutputLayout& layout);
  absl::Status PruneTree(const std::string& tree, const std::set<std::string>& kept);
  absl::Status RemoveAbsent(const OutputLayout& layout);
  absl::Status MakeParents(const OutputLayout& layout);
  absl::Status MakePlainDirectory(const std::string& path);
  absl::Status WriteOne(const OutputLayout::File& file) const;
  absl::Status SwingLink(const OutputLayout::Link& link) const;
  bool IsRight(const OutputLayout::File& file, const std::string& path) const;
  std::string Host(const std::string& path) const { return path.empty() ? root_ : root_ + "/" + path; }

  const std::string root_;
  store::LocalCas& cas_;
  store::FileStateCache& file_states_;
  const int threads_;
  std::set<std::string> directories_;  // known to be plain directories
};

}  // namespace cow::execution
