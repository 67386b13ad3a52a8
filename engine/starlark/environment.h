// Environment: predeclared names with their values, beyond the universal ones (None, len, ...).
//
// Built once by a host, then shared const between threads. Values must be frozen when the
// environment is used by more than one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/starlark/heap.h"
#include "engine/starlark/value.h"

namespace cow::starlark {

class Environment {
 public:
  // Adds or replaces. Keep the value's heap alive with AddReference.
  void Set(std::string_view name, Value value);
  // Everything of `other`, its heaps included.
  void AddAll(const Environment& other);
  void AddReference(std::shared_ptr<const FrozenHeap> heap);

  bool Contains(std::string_view name) const { return values_.contains(name); }
  Value Find(std::string_view name) const;  // unset if absent
  // In the order in which they were set.
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<std::shared_ptr<const FrozenHeap>>& heaps() const { return heaps_; }

 private:
  std::vector<std::string> names_;
  absl::flat_hash_map<std::string, Value> values_;
  std::vector<std::shared_ptr<const FrozenHeap>> heaps_;
};

// struct and json, which plain scripts have. Immutable, made once.
const Environment& ScriptEnvironment();
// The universal names (None, True, len, ...), present in every program without being asked for.
const Environment& Universe();

}  // namespace cow::starlark
