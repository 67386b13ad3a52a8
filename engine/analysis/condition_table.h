// ConditionTable: which conditions of selects hold in one configuration, and what a select comes
// to.
//
// A condition is a config_setting or a constraint_value, also through aliases. One thread; remembers
// its answers.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "engine/analysis/configuration.h"
#include "engine/analysis/option_value.h"
#include "engine/analysis/platform_table.h"
#include "engine/loading/package_loader.h"
#include "engine/loading/select.h"
#include "engine/starlark/thread.h"

namespace cow::analysis {

class ConditionTable {
 public:
  ConditionTable(loading::PackageLoader& loader, PlatformTable& platforms,
                 const Configuration& configuration)
      : loader_(loader), platforms_(platforms), configuration_(configuration) {}

  struct Match {
    bool holds = false;
    std::set<std::string> demands{};  // "what=value" each; more of them is more specialised
  };
  // Failure: plain if there is no such condition, a diagnostic if its declaration is wrong.
  absl::StatusOr<Match> Evaluate(const Label& condition);

  // The select's parts for this configuration, joined. Unset if every branch that was chosen is
  // None. New values are made in thread.heap(). Failure: a plain message that names attribute and
  // target.
  absl::StatusOr<starlark::Value> Resolve(starlark::Thread& thread,
                                          const loading::SelectValue& select,
                                          std::string_view attribute, const Label& target);

  // The target behind a label and any aliases, whose selects are resolved in this configuration.
  // Failure: plain kNotFound, or diagnostics.
  absl::StatusOr<const loading::Target*> FollowAliases(const Label& label);

  // Those of `wanted` that the configuration's platform lacks. Labels may be aliases.
  absl::StatusOr<std::vector<Label>> MissingConstraints(const std::vector<Label>& wanted);

  // The value of a build setting in this configuration.
  absl::StatusOr<OptionValue> SettingValue(const loading::Target& build_setting);

  const Configuration& configuration() const { return configuration_; }

 private:
  absl::StatusOr<Match> EvaluateFresh(const Label& condition);
  absl::StatusOr<Label> ActualOf(const loading::Target& alias);
  absl::StatusOr<bool> HasConstraint(const Label& label);
  absl::StatusOr<bool> HasNativeValue(std::string_view name, const std::string& value);
  absl::StatusOr<bool> HasSettingValue(const loading::Target& flag, const std::string& value);
  absl::Status CheckUsable(const Label& condition, const Label& target);
  absl::StatusOr<Match> EvaluateSetting(const loading::Target& setting);
  absl::Status EvaluateValues(const loading::Target& setting, Match& match);
  absl::Status EvaluateFlags(const loading::Target& setting, Match& match);
  absl::Status EvaluateConstraints(const loading::Target& setting, Match& match);
  absl::StatusOr<starlark::Value> Choose(const loading::SelectPart& part,
                                         std::string_view attribute, const Label& target);

  loading::PackageLoader& loader_;
  PlatformTable& platforms_;
  const Configuration& configuration_;
  absl::flat_hash_map<Label, Match> known_;
  absl::flat_hash_set<Label> active_;  // being evaluated
};

}  // namespace cow::analysis
