// ConfiguredTarget: a target after its rule ran in one configuration, and what it tells its
// dependents.
//
// Owns its Starlark heap (frozen) and the actions it declared. Immutable; used by the thread of the
// analysis.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/analysis/action_record.h"
#include "engine/analysis/depset_value.h"
#include "engine/analysis/provider.h"
#include "engine/analysis/runfiles_value.h"
#include "engine/model/label.h"
#include "engine/starlark/heap.h"
#include "engine/starlark/struct_value.h"

namespace cow::loading {
class Target;
}  // namespace cow::loading

namespace cow::analysis {

struct Configuration;

// Provider instances by provider, in the order in which the rule returned them.
class ProviderSet {
 public:
  // The instance, unset if there is none.
  starlark::Value Find(const Provider* provider) const {
    for (const auto& [key, value] : entries_) {
      if (key == provider) return value;
    }
    return starlark::Value();
  }
  // Replaces an instance of the same provider.
  void Set(const Provider* provider, starlark::Value value) {
    for (auto& [key, old] : entries_) {
      if (key == provider) {
        old = value;
        return;
      }
    }
    entries_.emplace_back(provider, value);
  }
  const std::vector<std::pair<const Provider*, starlark::Value>>& entries() const {
    return entries_;
  }

  // The struct that a rule returned instead of a list of providers: dependents read its fields as `dep.field` and ask
  // for them by name. Null for almost all rules.
  const starlark::Struct* legacy_fields() const { return legacy_fields_; }
  void set_legacy_fields(const starlark::Struct* fields) { legacy_fields_ = fields; }

 private:
  std::vector<std::pair<const Provider*, starlark::Value>> entries_;
  const starlark::Struct* legacy_fields_ = nullptr;  // in the heap of the target
};

class TargetValue;

// How a program is run by `cow run` and `cow test`.
struct ProgramDetails {
  std::vector<std::string> args{};  // attribute `args`, expanded and split into words
  bool is_test = false;
  std::string test_size{};      // "small"; tests only
  int64_t timeout_seconds = 0;  // tests only
  int shard_count = 0;          // tests only: 0 = not sharded
  bool is_flaky = false;        // tests only
  std::map<std::string, std::string> exec_properties{};  // of the action that runs the test
  std::map<std::string, std::string> execution_requirements{};  // of that, from tags
};

struct ConfiguredTarget {
  Label label{};  // of an alias: its own
  const Configuration* configuration =
      nullptr;         // null: the same in all (source files, constraint values)
  std::string kind{};  // "cc_library rule", "source file", "generated file"
  // An alias is a second name: everything else is then in the target it leads to.
  const ConfiguredTarget* actual = nullptr;

  std::shared_ptr<const starlark::FrozenHeap> heap{};
  const TargetValue* value = nullptr;  // what dependents see; lives in `heap`
  ProviderSet providers{};
  std::vector<std::unique_ptr<ActionRecord>> actions{};

  // From DefaultInfo, for the host.
  ValueDepset files{};
  const FilesToRunValue* files_to_run = nullptr;  // never null after analysis
  Runfiles default_runfiles{};
  Runfiles data_runfiles{};
  std::optional<ProgramDetails> program{};  // of targets of executable rules
  std::string incompatible{};               // why it cannot be built for its platform; "" = it can

  const ConfiguredTarget& resolved() const { return actual == nullptr ? *this : *actual; }
};

}  // namespace cow::analysis
