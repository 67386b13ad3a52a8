// ToolchainDebug: says why toolchains were chosen and rejected, for --toolchain_resolution_debug.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace re2 {
class RE2;
}  // namespace re2

namespace cow::analysis {

class ToolchainDebug {
 public:
  using Sink = std::function<void(std::string_view)>;

  // Says nothing.
  ToolchainDebug() = default;
  // Speaks of resolutions whose toolchain type or target `pattern` matches somewhere; "" = of none. Failure: it is no
  // regular expression.
  static absl::StatusOr<ToolchainDebug> Create(const std::string& pattern, Sink sink);

  bool Wants(std::string_view type, std::string_view who) const;
  void Say(std::string_view text) const { sink_(text); }

 private:
  std::shared_ptr<const re2::RE2> pattern_;  // null: of none
  Sink sink_;
};

}  // namespace cow::analysis
