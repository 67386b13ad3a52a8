// RunRule: calls the rule function of a target and turns what it returns into a ConfiguredTarget.
#pragma once

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "engine/analysis/configured_target.h"
#include "engine/analysis/option_value.h"
#include "engine/analysis/rule_context.h"
#include "engine/starlark/thread.h"

namespace cow::analysis {

struct RuleRun {
  const RuleContext::Surroundings& surroundings;
  RuleAttributes attributes{};  // finished
  std::vector<ResolvedToolchain> toolchains{};
  RuleContext::GroupProperties exec_properties{};
  std::optional<OptionValue> setting_value{};  // of a build setting
  starlark::Thread::PrintHandler on_print{};
};

// Fills `target` (its label, configuration and kind are set already). Failure: a diagnostic at the
// target: "path:line:col: error: in cc_library rule //a:b:" and the traceback, or what is wrong
// with the result.
absl::Status RunRule(RuleRun run, ConfiguredTarget& target);

}  // namespace cow::analysis
