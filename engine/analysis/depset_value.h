// depset: the Starlark face of model's Depset, and the builtin that makes it.
//
// Elements are hashable values of one type. A depset is never flattened in analysis except by
// to_list().
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/depset.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/host_object.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/thread.h"

namespace cow::analysis {

// A value as an element: compared as Starlark compares.
struct DepsetElement {
  starlark::Value value{};

  friend bool operator==(const DepsetElement& a, const DepsetElement& b) {
    return a.value.IsSame(b.value) || starlark::Equals(a.value, b.value).value_or(false);
  }
  template <typename H>
  friend H AbslHashValue(H state, const DepsetElement& element) {
    return H::combine(std::move(state), starlark::Hash(element.value).value_or(0));
  }
};

using ValueDepset = Depset<DepsetElement>;

class DepsetValue final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"depset"};
  // `element_type` is the interned type name of all elements, null for an empty set.
  DepsetValue(ValueDepset set, const starlark::String* element_type)
      : HostObject(kType), set_(std::move(set)), element_type_(element_type) {}

  const ValueDepset& set() const { return set_; }
  const starlark::String* element_type() const { return element_type_; }
  // Empty, or made of Files.
  bool HoldsFiles() const;

  void Repr(std::string& out) const override;
  bool Truth() const override { return !set_.empty(); }
  const starlark::MethodTable* Methods() const override;

 private:
  ValueDepset set_;
  const starlark::String* element_type_;
};

// The builtin `depset(direct = None, order = "default", *, transitive = None)`.
absl::StatusOr<starlark::Value> MakeDepset(starlark::Thread& thread,
                                           const starlark::Arguments& args);

// Joins sets of which the host knows that they fit. No order or type is checked.
ValueDepset MergeSets(std::vector<starlark::Value> direct, std::vector<ValueDepset> transitive,
                      DepsetOrder order = DepsetOrder::kDefault);

// A depset of Files made by the host.
starlark::Value NewFileDepset(starlark::Heap& heap, ValueDepset set);

}  // namespace cow::analysis
