// ToolchainResolution: where the actions of a target run, and with which of the registered
// toolchains.
//
// The first one in order, those of --extra_toolchains before the registered ones, whose constraints and settings fit wins. Nothing of a toolchain is
// configured, not even its repository made, before it is chosen.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/analysis/condition_table.h"
#include "engine/analysis/configuration.h"
#include "engine/analysis/platform_table.h"
#include "engine/analysis/toolchain_decision.h"
#include "engine/loading/package_loader.h"
#include "engine/loading/rule_class.h"
#include "engine/loading/workspace.h"

namespace cow::analysis {

// A toolchain() target, read once.
struct DeclaredToolchain {
  Label label{};
  Label type{};            // after aliases
  Label implementation{};  // `toolchain = `
  std::vector<Label> exec_constraints{};
  std::vector<Label> target_constraints{};
  std::vector<Label> settings{};
  bool use_target_constraints = false;  // it runs where the platform is like the target platform
};

// What some actions of a rule need: toolchains, and constraints of the platform they run on.
struct ExecutionNeed {
  std::vector<loading::ToolchainRequirement> toolchains{};
  std::vector<Label> exec_constraints{};
};

// What was found for an ExecutionNeed.
struct ExecutionChoice {
  struct Toolchain {
    Label type{};                           // after aliases
    std::optional<Label> implementation{};  // absent: optional, and none fits
  };
  const PlatformInfo* platform = nullptr;  // lives as long as the ToolchainResolution
  std::vector<Toolchain> toolchains{};     // by ExecutionNeed::toolchains
};

class ToolchainResolution {
 public:
  // `host` is the platform of this machine: the last one that actions may run on. `observer` may be null.
  ToolchainResolution(loading::PackageLoader& loader, PlatformTable& platforms, PlatformInfo host,
                      ToolchainObserver observer)
      : loader_(loader), platforms_(platforms), host_(std::move(host)), observer_(std::move(observer)) {}

  bool is_observed() const { return observer_ != nullptr; }

  // The first execution platform that has the constraints and for which all mandatory toolchains are
  // found, with these. `who` is "cc_library rule //a:b".
  // Failure: a plain message that tells why, platform by platform and toolchain by toolchain.
  absl::StatusOr<ExecutionChoice> Resolve(const ExecutionNeed& need, ConditionTable& conditions,
                                          std::string_view who);

  // Lets the observer hear what a target without constraints of its own would get of every registered type, on every
  // execution platform.
  absl::Status TellAll(ConditionTable& conditions);

 private:
  using Toolchains = std::vector<DeclaredToolchain>;
  using Platforms = std::vector<PlatformInfo>;
  // Those of --extra_toolchains, then the registered ones.
  absl::StatusOr<const Toolchains*> Candidates(const Configuration& configuration);
  // Those of --extra_execution_platforms, then the registered ones, then the host.
  absl::StatusOr<const Platforms*> ExecutionPlatforms(const Configuration& configuration);
  absl::Status LoadPattern(const loading::Registration& registration, Toolchains& toolchains);
  absl::Status LoadPlatforms(const loading::Registration& registration, Platforms& platforms);
  absl::StatusOr<DeclaredToolchain> Read(const loading::Target& target);
  // Those of the type that were looked at, in order: the last one fits, or none does.
  absl::StatusOr<std::vector<ToolchainDecision::Candidate>> Consider(const Label& type, const PlatformInfo& exec,
                                                                     ConditionTable& conditions);
  // The toolchains on this platform; or, if some mandatory one is missing, why in `problem`.
  absl::StatusOr<ExecutionChoice> ResolveOn(const PlatformInfo& platform,
                                            const ExecutionNeed& need, ConditionTable& conditions,
                                            std::string_view who, std::string& problem);
  // "" if it fits, else why not.
  absl::StatusOr<std::string> Mismatch(const DeclaredToolchain& toolchain,
                                       const PlatformInfo& exec, ConditionTable& conditions);

  loading::PackageLoader& loader_;
  PlatformTable& platforms_;
  PlatformInfo host_;
  ToolchainObserver observer_;
  std::map<std::vector<std::string>, Toolchains> candidates_;  // by --extra_toolchains
  std::map<std::vector<std::string>, Platforms> exec_platforms_;
};

}  // namespace cow::analysis
