// InputIndex: is there an input at, above or below this path?
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "engine/base/path_order.h"
#include "engine/base/rel_path.h"
#include "engine/execution/spawn_runner.h"

namespace cow::execution {

class InputIndex {
 public:
  // `inputs` are in the order of PathBefore and outlive the index.
  explicit InputIndex(const std::vector<SpawnInput>& inputs) : inputs_(inputs) {}

  // An input of this path, or the directory of one.
  bool IsInputOrAbove(std::string_view path) const {
    auto found = LowerBound(path);
    if (found == inputs_.end() || !absl::StartsWith(found->path, path)) return false;
    return found->path.size() == path.size() || found->path[path.size()] == '/';
  }

  // An input of this path, or something inside a tree that is an input.
  bool IsInputOrInside(std::string_view path) const {
    for (; !path.empty(); path = PathDirname(path)) {
      auto found = LowerBound(path);
      if (found != inputs_.end() && found->path == path) return true;
    }
    return false;
  }

 private:
  std::vector<SpawnInput>::const_iterator LowerBound(std::string_view path) const {
    return std::lower_bound(inputs_.begin(), inputs_.end(), path,
                            [](const SpawnInput& input, std::string_view p) { return PathBefore(input.path, p); });
  }

  const std::vector<SpawnInput>& inputs_;
};

}  // namespace cow::execution
