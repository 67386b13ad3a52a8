#include "engine/analysis/toolchain_debug.h"

#include <re2/re2.h>

#include <utility>

#include "engine/analysis/user_error.h"
#include "engine/base/command_line_error.h"

namespace cow::analysis {

absl::StatusOr<ToolchainDebug> ToolchainDebug::Create(const std::string& pattern, Sink sink) {
  ToolchainDebug debug;
  if (pattern.empty() || !sink) return debug;
  RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_shared<const RE2>(pattern, options);
  if (!compiled->ok()) {
    return MarkCommandLineError(UserError("in --toolchain_resolution_debug: '", pattern,
                                          "' is no regular expression: ", compiled->error()));
  }
  debug.pattern_ = std::move(compiled);
  debug.sink_ = std::move(sink);
  return debug;
}

bool ToolchainDebug::Wants(std::string_view type, std::string_view who) const {
  auto matches = [&](std::string_view text) {
    return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern_);
  };
  return pattern_ != nullptr && (matches(type) || matches(who));
}

}  // namespace cow::analysis
