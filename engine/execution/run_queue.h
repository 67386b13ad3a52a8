// RunQueue: actions that wait for a free place to run, those first whose delay would delay the build most.
#pragma once

#include <cstdint>
#include <queue>
#include <tuple>

#include "engine/model/strong_id.h"

namespace cow::execution {

class RunQueue {
 public:
  // Greater heights leave first; equal ones in the order of the plan.
  void Push(ActionId id, uint64_t height) { heap_.push({height, id}); }
  bool empty() const { return heap_.empty(); }
  ActionId Pop() {
    ActionId id = heap_.top().id;
    heap_.pop();
    return id;
  }
  void Clear() { heap_ = {}; }

 private:
  struct Entry {
    uint64_t height;
    ActionId id;
    friend bool operator<(const Entry& a, const Entry& b) {
      return std::tie(a.height, b.id) < std::tie(b.height, a.id);
    }
  };
  std::priority_queue<Entry> heap_;
};

}  // namespace cow::execution
