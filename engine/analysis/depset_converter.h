// DepsetConverter: a depset of Starlark values as a depset of something else, shape and sharing
// kept.
//
// Each node is converted once, by identity; the converted sets must outlive the converter. Depth
// costs no stack.
#pragma once

#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "engine/analysis/depset_value.h"
#include "engine/model/depset.h"

namespace cow::analysis {

template <typename T>
class DepsetConverter {
 public:
  Depset<T> Convert(const ValueDepset& root, absl::FunctionRef<T(starlark::Value)> element) {
    if (root.empty()) return {};
    std::vector<const ValueDepset*> stack{&root};
    while (!stack.empty()) {
      const ValueDepset& set = *stack.back();
      size_t before = stack.size();
      if (!done_.contains(set.identity())) {
        for (const ValueDepset& child : set.transitive()) {
          if (!done_.contains(child.identity())) stack.push_back(&child);
        }
        if (stack.size() > before) continue;
        done_.emplace(set.identity(), ConvertNode(set, element));
      }
      stack.pop_back();
    }
    return done_.at(root.identity());
  }

 private:
  Depset<T> ConvertNode(const ValueDepset& set, absl::FunctionRef<T(starlark::Value)> element) {
    std::vector<T> direct;
    direct.reserve(set.direct().size());
    for (const DepsetElement& one : set.direct()) direct.push_back(element(one.value));
    std::vector<Depset<T>> transitive;
    transitive.reserve(set.transitive().size());
    for (const ValueDepset& child : set.transitive())
      transitive.push_back(done_.at(child.identity()));
    return Depset<T>(std::move(direct), std::move(transitive), set.order());
  }

  absl::flat_hash_map<const void*, Depset<T>> done_;
};

}  // namespace cow::analysis
