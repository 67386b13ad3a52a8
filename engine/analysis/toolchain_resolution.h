// ToolchainResolution: which registered toolchain serves a toolchain type on a platform.
//
// The first one in order, those of --extra_toolchains before the registered ones, whose constraints and settings fit wins. Nothing of a toolchain is
// configured, not even its repository made, before it is chosen.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/analysis/condition_table.h"
#include "engine/analysis/configuration.h"
#include "engine/analysis/platform_table.h"
#include "engine/loading/package_loader.h"

namespace cow::analysis {

// A toolchain() target, read once.
struct DeclaredToolchain {
  Label label{};
  Label type{};            // after aliases
  Label implementation{};  // `toolchain = `
  std::vector<Label> exec_constraints{};
  std::vector<Label> target_constraints{};
  std::vector<Label> settings{};
};

class ToolchainResolution {
 public:
  // `exec` is where actions run.
  ToolchainResolution(loading::PackageLoader& loader, PlatformTable& platforms, PlatformInfo exec)
      : loader_(loader), platforms_(platforms), exec_(std::move(exec)) {}

  // The implementation's label; the invalid optional if none fits. `type` may be an alias.
  // Failure: a registration is wrong, or there is no such toolchain type.
  absl::StatusOr<std::optional<Label>> Find(const Label& type, ConditionTable& conditions);

  // Why none fits: one line per toolchain of the type, "\n    //x:t: lacks ...".
  absl::StatusOr<std::string> Explain(const Label& type, ConditionTable& conditions);

 private:
  using Toolchains = std::vector<DeclaredToolchain>;
  // Those of --extra_toolchains, then the registered ones.
  absl::StatusOr<const Toolchains*> Candidates(const Configuration& configuration);
  absl::Status LoadPattern(const loading::Registration& registration, Toolchains& toolchains);
  absl::StatusOr<DeclaredToolchain> Read(const loading::Target& target);
  // "" if it fits, else why not.
  absl::StatusOr<std::string> Mismatch(const DeclaredToolchain& toolchain,
                                       ConditionTable& conditions);

  loading::PackageLoader& loader_;
  PlatformTable& platforms_;
  PlatformInfo exec_;
  std::map<std::vector<std::string>, Toolchains> candidates_;  // by --extra_toolchains
};

}  // namespace cow::analysis
