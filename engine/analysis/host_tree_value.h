// HostTreeInfo: the provider of the native rule host_tree, which actions take as `host_tree =`; and RuntimeInfo, the same for
// programs whose root directory is made by the build.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/artifact.h"
#include "engine/model/host_tree.h"
#include "engine/starlark/heap.h"
#include "engine/starlark/host_object.h"
#include "engine/starlark/value.h"

namespace cow::analysis {

class HostTreeValue final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"host_tree"};
  explicit HostTreeValue(HostTreePtr tree) : HostObject(kType), tree_(std::move(tree)) {}

  const HostTreePtr& tree() const { return tree_; }

 private:
  HostTreePtr tree_;
};

// An instance with the fields `tree` (opaque) and `digest` (text).
starlark::Value NewHostTreeInfo(starlark::Heap& heap, HostTreePtr tree);

// The tree of a HostTreeInfo, null for None or unset. Otherwise a plain error naming `function`.
absl::StatusOr<HostTreePtr> HostTreeOf(starlark::Value info, std::string_view function);

// What a RuntimeInfo says: the directory to be the root, and the words before those of the program (an emulator). No
// root if `info` is unset.
struct Runtime {
  ArtifactId root{};
  std::vector<std::string> command{};
};
Runtime RuntimeOf(starlark::Value info);

}  // namespace cow::analysis
