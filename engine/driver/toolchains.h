// ListToolchains: which toolchains are chosen, and why no others. Nothing is built.
#pragma once

#include <string>
#include <vector>

#include "engine/driver/build_request.h"
#include "engine/model/build_event.h"

namespace cow::driver {

// Of one toolchain type, for one target platform, on one execution platform.
struct ToolchainChoice {
  struct Candidate {
    std::string toolchain{};
    std::string implementation{};
    std::string mismatch{};  // why not; "" = this one it is, and it is the last
    auto operator<=>(const Candidate&) const = default;
  };

  std::string type{};  // "" = the execution platform was rejected before any toolchain was looked at
  std::string target_platform{};
  std::string execution_platform{};
  std::string platform_mismatch{};      // why, then
  std::vector<Candidate> considered{};  // in order of registration
  bool mandatory = true;                // if none fits, the execution platform will not do
  std::vector<std::string> users{};     // "cc_library rule //a:b", sorted; not part of what orders choices

  // Null: none fits.
  const Candidate* selected() const {
    return considered.empty() || !considered.back().mismatch.empty() ? nullptr : &considered.back();
  }
};

struct ToolchainListing {
  ExitCode exit_code = ExitCode::kOk;
  std::vector<ToolchainChoice> choices{};  // sorted; those made before something went wrong, too
};

// For request.patterns and all they depend on; without patterns, for each type of the registered toolchains. What goes
// wrong is announced to `events` as an error message, complete with its place. Called from one thread.
ToolchainListing ListToolchains(const BuildRequest& request, EventSink& events);

}  // namespace cow::driver
