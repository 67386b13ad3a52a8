// TransitionRunner: calls the function of a transition and makes the configurations that it asks
// for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/analysis/condition_table.h"
#include "engine/analysis/configuration_table.h"
#include "engine/analysis/rule_attributes.h"
#include "engine/loading/package_loader.h"
#include "engine/loading/transition.h"
#include "engine/starlark/thread.h"

namespace cow::analysis {

// One thread. All that it refers to outlives it.
class TransitionRunner {
 public:
  TransitionRunner(loading::PackageLoader& loader, ConfigurationTable& configurations,
                   starlark::Thread::PrintHandler on_print)
      : loader_(loader), configurations_(configurations), on_print_(std::move(on_print)) {}

  // From the configuration of `conditions`, for a rule with these attributes (resolved, not
  // finished). One branch with an unset key, unless the function returns several dicts. A branch
  // that changes nothing has the configuration it started from.
  // Failure: a plain message or a traceback.
  absl::StatusOr<std::vector<EdgeConfiguration>> Run(const loading::Transition& transition,
                                                     ConditionTable& conditions,
                                                     const RuleAttributes& attributes);

 private:
  class Call;

  loading::PackageLoader& loader_;
  ConfigurationTable& configurations_;
  starlark::Thread::PrintHandler on_print_;
};

}  // namespace cow::analysis
