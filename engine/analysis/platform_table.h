// PlatformTable: platforms and constraints, read from their declarations. Nothing is configured for
// that.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/analysis/configuration.h"
#include "engine/loading/package_loader.h"
#include "engine/model/label.h"

namespace cow::analysis {

// One thread. Remembers what it loaded.
class PlatformTable {
 public:
  explicit PlatformTable(loading::PackageLoader& loader) : loader_(loader) {}

  loading::PackageLoader& loader() const { return loader_; }

  // A platform target, its parents included. Aliases are followed.
  // Failure: plain if `label` is no platform, a diagnostic if its declaration is wrong.
  absl::StatusOr<PlatformInfo> LoadPlatform(const Label& label);

  // Whether the platform has the constraint value; the default of the setting counts.
  absl::StatusOr<bool> Has(const PlatformInfo& platform, const Label& constraint_value);

  // Those of `wanted` that the platform lacks.
  absl::StatusOr<std::vector<Label>> Missing(const PlatformInfo& platform,
                                             const std::vector<Label>& wanted);

  // The name of the platform's value of a setting named "cpu" ("x86_64"), else the platform's own
  // name.
  static std::string CpuOf(const PlatformInfo& platform);

  // The target behind a label and any aliases, which must be of the native rule `kind`.
  absl::StatusOr<const loading::Target*> LoadNative(const Label& label, std::string_view kind);

 private:
  struct ConstraintValue {
    Label value{};  // after aliases
    Label setting{};
    Label default_value{};
    bool has_default = false;
  };
  absl::StatusOr<ConstraintValue> LoadConstraint(const Label& label);
  absl::Status AddConstraints(const loading::Target& platform, PlatformInfo& info);
  absl::StatusOr<PlatformInfo> LoadPlatform(const Label& label, int depth);

  loading::PackageLoader& loader_;
  absl::flat_hash_map<Label, ConstraintValue> constraints_;
};

// A target of the native rule `kind`.
bool IsNativeRule(const loading::Target& target, std::string_view kind);

// The platform that Bazel's users mean by --cpu=k8; a plain error lists what is known.
absl::StatusOr<Label> PlatformOfCpu(std::string_view cpu);

// The target that `label` names after aliases with a plain `actual`; where a configuration is known,
// ConditionTable::FollowAliases also takes selects. Failure: plain kNotFound, or diagnostics.
absl::StatusOr<const loading::Target*> FollowAliases(loading::PackageLoader& loader,
                                                     const Label& label);

}  // namespace cow::analysis
