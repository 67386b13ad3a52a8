// ShellSpawnRunner: for `cow shell`. Runs all actions as they are but one, in whose sandbox it starts what the user wants:
// a command, or a shell in the terminal. That action has no result then.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/execution/sandboxed_spawn_runner.h"
#include "engine/execution/spawn_runner.h"
#include "engine/model/build_plan.h"
#include "engine/model/label.h"

namespace cow::execution {

// Which action of a target is meant. Empty: whichever.
struct ActionChoice {
  std::string mnemonic{};  // "CppCompile"
  std::string output{};    // the end of the path of one of its outputs: "a.o"
};

// The action of `label` that is meant; if several are, the one that makes the target's first output, else the last.
// kNotFound names those that there are.
absl::StatusOr<ActionId> ChooseAction(const BuildPlan& plan, const Label& label, const ActionChoice& choice);

class ShellSpawnRunner final : public SpawnRunner {
 public:
  // `command` is empty for a shell. `sandbox` outlives the runner.
  ShellSpawnRunner(ActionId action, std::vector<std::string> command, SandboxedSpawnRunner& sandbox)
      : action_(action), command_(std::move(command)), sandbox_(sandbox) {}

  absl::StatusOr<SpawnResult> Run(const Spawn& spawn, std::stop_token cancelled) override;

  // The exit code, as a shell would tell it; nothing if it did not come to that. After the build.
  std::optional<int> exit_code() const { return exit_code_; }

 private:
  const ActionId action_;
  const std::vector<std::string> command_;
  SandboxedSpawnRunner& sandbox_;
  std::optional<int> exit_code_;  // written by the one spawn
};

}  // namespace cow::execution
