#include "engine/analysis/toolchain_decision.h"

#include <re2/re2.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/analysis/user_error.h"
#include "engine/base/command_line_error.h"

namespace cow::analysis {
namespace {

using Sink = std::function<void(std::string_view)>;

bool Matches(const RE2& pattern, std::string_view text) {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

void Say(const ToolchainDecision& decision, const Sink& sink) {
  if (!decision.type) {
    sink(absl::StrCat("ToolchainResolution: ", decision.user, ": rejected execution platform ",
                      decision.execution_platform.ToString(), ": ", decision.platform_mismatch));
    return;
  }
  sink(absl::StrCat("ToolchainResolution: ", decision.type->ToString(), " of ", decision.user,
                    ", target platform ", decision.target_platform.ToString(), ", execution platform ",
                    decision.execution_platform.ToString()));
  for (const ToolchainDecision::Candidate& candidate : decision.considered) {
    const std::string toolchain = candidate.toolchain.ToString();
    sink(candidate.mismatch.empty() ? absl::StrCat("  selected ", toolchain)
                                    : absl::StrCat("  rejected ", toolchain, ": ", candidate.mismatch));
  }
  if (decision.selected() != nullptr) return;
  sink(absl::StrCat("  found none", decision.mandatory ? ": this execution platform will not do" : ""));
}

}  // namespace

absl::StatusOr<ToolchainObserver> SayToolchainDecisions(const std::string& pattern, Sink sink) {
  if (pattern.empty() || !sink) return ToolchainObserver();
  RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_shared<const RE2>(pattern, options);
  if (!compiled->ok()) {
    return MarkCommandLineError(UserError("in --toolchain_resolution_debug: '", pattern,
                                          "' is no regular expression: ", compiled->error()));
  }
  return [compiled, sink = std::move(sink)](const ToolchainDecision& decision) {
    const std::string type = decision.type ? decision.type->ToString() : "";
    if (Matches(*compiled, type) || Matches(*compiled, decision.user)) Say(decision, sink);
  };
}

}  // namespace cow::analysis
