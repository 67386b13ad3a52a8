// LabelValue: a Label as Starlark sees it: what Label("//a:b") returns and what label attributes hold.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/model/label.h"
#include "engine/starlark/host_object.h"

namespace cow::loading {

// Equal, hashed and ordered by label. Immutable.
class LabelValue final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"Label"};
  explicit LabelValue(Label label) : HostObject(kType), label_(std::move(label)) {}

  const Label& label() const { return label_; }

  void Repr(std::string& out) const override;  // Label("//a:b")
  void Str(std::string& out) const override;   // //a:b
  absl::StatusOr<uint64_t> Hash() const override;
  absl::StatusOr<bool> Equals(const HostObject& other) const override;
  bool Ordered() const override { return true; }
  int Compare(const HostObject& other) const override;
  // name, package, workspace_name, repo_name, workspace_root; methods relative(), same_package_label().
  absl::StatusOr<starlark::Value> GetAttr(starlark::Thread& thread, const starlark::String* name) const override;
  std::vector<std::string> AttrNames() const override;
  const starlark::MethodTable* Methods() const override;

 private:
  Label label_;
};

}  // namespace cow::loading
