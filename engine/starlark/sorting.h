// Sorting of values, as sorted() does it.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "engine/starlark/value.h"

namespace cow::starlark {

struct SortItem {
  Value key;  // what counts; often the value itself
  Value value;
};

// Orders the items by key, equal keys as they were, also in reverse. Fails as Compare does; then the
// items are in no particular order.
absl::Status SortStably(std::vector<SortItem>& items, bool reverse);
// Memory that sorting so many items takes, themselves included.
inline uint64_t SortMemory(uint64_t items) { return items * 2 * sizeof(SortItem); }

}  // namespace cow::starlark
