// RunAspect: calls the function of an aspect on a target and keeps what it returns.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "engine/analysis/aspect_path.h"
#include "engine/analysis/configured_target.h"
#include "engine/analysis/rule_context.h"
#include "engine/starlark/thread.h"

namespace cow::analysis {

struct AspectRun {
  const RuleContext::Surroundings& surroundings;  // of the target's rule
  const AspectPath& path;
  const ConfiguredTarget& target;                 // with what the aspects before gave it
  RuleAttributes attributes{};                    // of the aspect; finished
  RuleAttributes rule_attributes{};               // of the rule, along which aspects went; finished
  std::vector<ResolvedToolchain> toolchains{};
  RuleContext::GroupProperties exec_properties{};
  starlark::Thread::PrintHandler on_print{};
};

// Fills providers, actions and heap of `result`; it has no files of its own. Failure: a diagnostic at the target:
// "path:line:col: error: in //a:defs.bzl%name aspect on cc_library rule //a:b:" and the traceback.
absl::Status RunAspect(AspectRun run, ConfiguredTarget& result);

}  // namespace cow::analysis
