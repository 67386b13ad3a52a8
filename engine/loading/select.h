// SelectValue: a value that depends on the configuration: select({...}) and sums of such with plain values.
//
// Nothing is resolved here. In an attribute of a Target every key is a LabelValue and every value has the
// attribute's type already; before that, in Starlark code, keys may be strings.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/starlark/host_object.h"
#include "engine/starlark/value.h"

namespace cow::loading {

// The key that matches when no other does.
inline constexpr char kDefaultCondition[] = "//conditions:default";

struct SelectBranch {
  starlark::Value key{};    // LabelValue (in targets) or string
  starlark::Value value{};  // None = as if the attribute were absent
};

// One term of the sum: a dict of branches, or a plain value.
struct SelectPart {
  starlark::Value plain{};                // set: a plain value, and no branches
  std::vector<SelectBranch> branches{};   // in source order; at least one if `plain` is unset
  std::string no_match_error{};

  bool is_plain() const { return !plain.IsUnset(); }
};

// True for "//conditions:default", as a string or a Label of any repository.
bool IsDefaultCondition(starlark::Value key);

// The parts are joined by + (lists, strings, ...) or | (dicts), in order. At least one part has branches.
class SelectValue final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"select"};
  explicit SelectValue(std::vector<SelectPart> parts) : HostObject(kType), parts_(std::move(parts)) {}

  const std::vector<SelectPart>& parts() const { return parts_; }

  void Repr(std::string& out) const override;
  absl::StatusOr<starlark::Value> Binary(starlark::Thread& thread, starlark::BinaryOp op, starlark::Value other,
                                         bool self_is_left) const override;

 private:
  std::vector<SelectPart> parts_;
};

}  // namespace cow::loading
