#include "engine/starlark/environment.h"

#include <algorithm>
#include <utility>

namespace cow::starlark {

void Environment::Set(std::string_view name, Value value) {
  auto [entry, inserted] = values_.insert_or_assign(std::string(name), value);
  if (inserted) names_.push_back(entry->first);
}

void Environment::AddAll(const Environment& other) {
  for (const std::string& name : other.names()) Set(name, other.Find(name));
  for (const std::shared_ptr<const FrozenHeap>& heap : other.heaps()) AddReference(heap);
}

void Environment::AddReference(std::shared_ptr<const FrozenHeap> heap) {
  if (std::find(heaps_.begin(), heaps_.end(), heap) == heaps_.end())
    heaps_.push_back(std::move(heap));
}

Value Environment::Find(std::string_view name) const {
  auto found = values_.find(name);
  return found == values_.end() ? Value() : found->second;
}

}  // namespace cow::starlark
