// What native.existing_rule() and existing_rules() tell macros about the targets declared so far.
//
// Both are views that cannot be changed: nothing is copied for rules nobody asks about, so that a macro which
// looks at all rules costs no square of their number.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/loading/target.h"
#include "engine/starlark/host_object.h"
#include "engine/starlark/thread.h"
#include "engine/starlark/value.h"

namespace cow::loading {

class PackageBuilder;

// One rule: name, kind and every public attribute that has a value. Labels of its own package appear as ":x", others
// as "//p:x"; lists as tuples; selects stay. The target must outlive the view's heap.
class ExistingRuleView final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"ExistingRuleView"};
  explicit ExistingRuleView(const Target& target) : HostObject(kType), target_(&target) {}

  // Unset if the rule has nothing of that name.
  starlark::Value Find(starlark::Heap& heap, std::string_view key) const;
  std::vector<std::string> Keys() const;

  void Repr(std::string& out) const override;
  bool Indexable() const override { return true; }
  absl::StatusOr<starlark::Value> Index(starlark::Thread& thread, starlark::Value key) const override;
  bool HasContains() const override { return true; }
  absl::StatusOr<bool> Contains(starlark::Value key) const override;
  bool Iterable() const override { return true; }
  void Elements(std::vector<starlark::Value>& out) const override;
  int64_t Length() const override { return static_cast<int64_t>(Keys().size()); }
  const starlark::MethodTable* Methods() const override;

 private:
  const Target* target_;
};

// All rules declared before the view was made, by name, in order. The builder must outlive the view's use.
class ExistingRulesView final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"ExistingRulesView"};
  explicit ExistingRulesView(const PackageBuilder& package);

  // Unset if there was no such rule.
  starlark::Value Find(starlark::Heap& heap, std::string_view key) const;
  std::vector<std::string> Keys() const;

  void Repr(std::string& out) const override;
  bool Indexable() const override { return true; }
  absl::StatusOr<starlark::Value> Index(starlark::Thread& thread, starlark::Value key) const override;
  bool HasContains() const override { return true; }
  absl::StatusOr<bool> Contains(starlark::Value key) const override;
  bool Iterable() const override { return true; }
  void Elements(std::vector<starlark::Value>& out) const override;
  int64_t Length() const override { return static_cast<int64_t>(size_); }
  const starlark::MethodTable* Methods() const override;

 private:
  const PackageBuilder* package_;
  size_t size_;  // rules that were there when it was made
};

}  // namespace cow::loading
