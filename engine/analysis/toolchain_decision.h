// ToolchainDecision: which toolchain somebody gets on an execution platform, and why no other. What `cow toolchain` and
// --toolchain_resolution_debug tell.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/label.h"

namespace cow::analysis {

struct ToolchainDecision {
  struct Candidate {
    Label toolchain{};
    Label implementation{};
    std::string mismatch{};  // why not: "target platform //:x lacks //:y"; "" = this one it is
  };

  std::string user{};  // "cc_library rule //a:b"; "" = nobody, it is asked what registered toolchains would do
  Label target_platform{};
  Label execution_platform{};
  std::optional<Label> type{};           // absent: the execution platform itself was rejected, see below
  std::string platform_mismatch{};       // then: "it lacks //:y"
  bool mandatory = true;                 // without a toolchain of this type the execution platform will not do
  std::vector<Candidate> considered{};   // in order, up to the one that fits

  // Null: none fits.
  const Candidate* selected() const {
    return considered.empty() || !considered.back().mismatch.empty() ? nullptr : &considered.back();
  }
};

// Hears of every decision, in the order they are made.
using ToolchainObserver = std::function<void(const ToolchainDecision&)>;

// One that says, line by line, what it hears of toolchain types and users that `pattern` matches somewhere; null if
// `pattern` is "" or `sink` is null. Failure: it is no regular expression.
absl::StatusOr<ToolchainObserver> SayToolchainDecisions(const std::string& pattern,
                                                        std::function<void(std::string_view)> sink);

}  // namespace cow::analysis
