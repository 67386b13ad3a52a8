// ConditionTable: which conditions of selects hold in one configuration, and what a select comes
// to.
//
// A condition is a config_setting or a constraint_value. One thread; remembers its answers.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/analysis/configuration.h"
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

  // The value of a build setting in this configuration, as text.
  absl::StatusOr<std::string> FlagValue(const loading::Target& build_setting);

 private:
  absl::StatusOr<Match> EvaluateFresh(const Label& condition);
  absl::StatusOr<Match> EvaluateSetting(const loading::Target& setting);
  absl::Status EvaluateValues(const loading::Target& setting, Match& match);
  absl::Status EvaluateFlags(const loading::Target& setting, Match& match);
  absl::StatusOr<starlark::Value> Choose(const loading::SelectPart& part,
                                         std::string_view attribute, const Label& target);

  loading::PackageLoader& loader_;
  PlatformTable& platforms_;
  const Configuration& configuration_;
  absl::flat_hash_map<Label, Match> known_;
};

}  // namespace cow::analysis
