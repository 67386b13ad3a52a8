// OutputGroupsValue: an instance of OutputGroupInfo: depsets of Files by name.
//
// Read as a record (info.name), as a dictionary (info["name"], "name" in info) and as the names of its groups, in order.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/analysis/depset_value.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/host_object.h"

namespace cow::analysis {

class OutputGroupsValue final : public starlark::HostObject {
 public:
  using Groups = std::map<std::string, DepsetValue*, std::less<>>;
  static constexpr starlark::HostType kType{"OutputGroupInfo"};
  explicit OutputGroupsValue(Groups groups) : HostObject(kType), groups_(std::move(groups)) {}

  const Groups& groups() const { return groups_; }
  const DepsetValue* Find(std::string_view name) const;  // null if there is none

  void Repr(std::string& out) const override;
  absl::StatusOr<starlark::Value> GetAttr(starlark::Thread& thread, const starlark::String* name) const override;
  std::vector<std::string> AttrNames() const override;
  bool Indexable() const override { return true; }
  absl::StatusOr<starlark::Value> Index(starlark::Thread& thread, starlark::Value key) const override;
  bool HasContains() const override { return true; }
  absl::StatusOr<bool> Contains(starlark::Value key) const override;
  bool Iterable() const override { return true; }
  void Elements(std::vector<starlark::Value>& out) const override;

 private:
  Groups groups_;
};

// OutputGroupInfo(name = depset or list of Files, ...).
absl::StatusOr<starlark::Value> MakeOutputGroups(starlark::Thread& thread, const starlark::Arguments& args);

// The groups of both, in `heap`.
starlark::Value JoinOutputGroups(const OutputGroupsValue& a, const OutputGroupsValue& b, starlark::Heap& heap);

}  // namespace cow::analysis
