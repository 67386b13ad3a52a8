// Depset<T>: an immutable DAG of sets that shares its parts and is flattened late.
//
// Copying is one pointer. ToList visits each node once and each element once, iteratively (depth costs no stack).
// Orders are Bazel's: default and postorder put children before the node, preorder the node first, topological
// every node before the nodes it contains.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"

namespace cow {

enum class DepsetOrder { kDefault, kPostorder, kPreorder, kTopological };

template <typename T>
class Depset {
 public:
  Depset() = default;  // empty

  Depset(std::vector<T> direct, std::vector<Depset> transitive, DepsetOrder order = DepsetOrder::kDefault) {
    std::erase_if(transitive, [](const Depset& set) { return set.empty(); });
    if (direct.empty() && transitive.empty()) return;
    if (direct.empty() && transitive.size() == 1 && transitive[0].order() == order) {
      node_ = transitive[0].node_;
      return;
    }
    node_ = std::make_shared<const Node>(Node{order, std::move(direct), std::move(transitive)});
  }

  bool empty() const { return node_ == nullptr; }
  DepsetOrder order() const { return node_ ? node_->order : DepsetOrder::kDefault; }
  // Identity of the shared node, for memo tables; null if empty.
  const void* identity() const { return node_.get(); }
  const std::vector<T>& direct() const { return node_ ? node_->direct : kNone<T>; }
  const std::vector<Depset>& transitive() const { return node_ ? node_->transitive : kNone<Depset>; }

  std::vector<T> ToList() const {
    std::vector<T> list;
    if (!node_) return list;
    bool preorder = node_->order == DepsetOrder::kPreorder;
    bool reverse = node_->order == DepsetOrder::kTopological;
    Walk(preorder, reverse, &list);
    if (reverse) std::reverse(list.begin(), list.end());
    return list;
  }

 private:
  struct Node {
    Node(DepsetOrder o, std::vector<T> d, std::vector<Depset> t)
        : order(o), direct(std::move(d)), transitive(std::move(t)) {}
    Node(Node&&) = default;
    // Chains of sole owners are taken apart here, so that a deep set does not recurse in its destructor.
    ~Node() {
      std::vector<Depset> doomed = std::move(transitive);
      while (!doomed.empty()) {
        Depset set = std::move(doomed.back());
        doomed.pop_back();
        if (!set.node_ || set.node_.use_count() > 1) continue;
        auto& children = const_cast<Node*>(set.node_.get())->transitive;
        for (Depset& child : children) doomed.push_back(std::move(child));
        children.clear();
      }
    }
    DepsetOrder order;
    std::vector<T> direct;
    std::vector<Depset> transitive;
  };
  template <typename U>
  static inline const std::vector<U> kNone{};

  void Walk(bool preorder, bool reverse, std::vector<T>* list) const {
    absl::flat_hash_set<const Node*> visited;
    absl::flat_hash_set<T> seen;
    struct Frame {
      const Node* node;
      size_t next_child;
    };
    auto emit = [&](const Node* node) {
      auto one = [&](const T& element) {
        if (seen.insert(element).second) list->push_back(element);
      };
      if (reverse) {
        std::for_each(node->direct.rbegin(), node->direct.rend(), one);
      } else {
        std::for_each(node->direct.begin(), node->direct.end(), one);
      }
    };
    std::vector<Frame> stack;
    auto enter = [&](const Node* node) {
      if (!visited.insert(node).second) return;
      if (preorder) emit(node);
      stack.push_back({node, 0});
    };
    enter(node_.get());
    while (!stack.empty()) {
      Frame& frame = stack.back();
      const auto& children = frame.node->transitive;
      if (frame.next_child == children.size()) {
        if (!preorder) emit(frame.node);
        stack.pop_back();
        continue;
      }
      size_t index = frame.next_child++;
      enter(children[reverse ? children.size() - 1 - index : index].node_.get());
    }
  }

  std::shared_ptr<const Node> node_;
};

}  // namespace cow
