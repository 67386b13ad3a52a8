// Target: a configured dependency as rules see it: dep[Provider], dep.label, dep.files.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/analysis/configured_target.h"
#include "engine/starlark/host_object.h"

namespace cow::analysis {

// Equal only to itself; there is one per configured target, in that target's heap.
class TargetValue final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"Target"};
  // `target` owns the heap of the new object.
  explicit TargetValue(const ConfiguredTarget& target) : HostObject(kType), target_(&target) {}

  const ConfiguredTarget& target() const { return *target_; }

  void Repr(std::string& out) const override;
  absl::StatusOr<starlark::Value> GetAttr(starlark::Thread& thread,
                                          const starlark::String* name) const override;
  std::vector<std::string> AttrNames() const override;
  bool Indexable() const override { return true; }
  absl::StatusOr<starlark::Value> Index(starlark::Thread& thread,
                                        starlark::Value key) const override;
  bool HasContains() const override { return true; }
  absl::StatusOr<bool> Contains(starlark::Value key) const override;

 private:
  const ConfiguredTarget* target_;
};

}  // namespace cow::analysis
