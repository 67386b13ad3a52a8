#include "engine/execution/shell_spawn_runner.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status.h"
#include "engine/execution/shell_quote.h"
#include "engine/execution/terminal_relay.h"

namespace cow::execution {
namespace {

bool Makes(const BuildPlan& plan, const Action& action, const std::string& output) {
  return std::any_of(action.outputs.begin(), action.outputs.end(), [&](ArtifactId id) {
    const std::string& path = plan.artifact(id).exec_path;
    return path == output || absl::EndsWith(path, absl::StrCat("/", output));
  });
}

// The first of these that the sandbox has.
std::string ShellOf(const Spawn& spawn) {
  if (spawn.host_tree == nullptr) return "";
  for (const char* path : {"usr/bin/bash", "bin/bash", "usr/bin/sh", "bin/sh"}) {
    for (const HostTreeEntry& entry : spawn.host_tree->entries) {
      if (entry.path == path) return absl::StrCat("/", path);
    }
  }
  return "";
}

}  // namespace

absl::StatusOr<ActionId> ChooseAction(const BuildPlan& plan, const Label& label, const ActionChoice& choice) {
  ActionId chosen;
  ActionId first_output;
  for (const RequestedTarget& target : plan.targets) {
    if (target.label == label && !target.outputs.empty()) first_output = plan.artifact(target.outputs[0]).generating_action;
  }
  std::set<std::string> there;
  for (uint32_t i = 0; i < plan.actions.size(); ++i) {
    const Action& action = plan.actions[i];
    if (action.owner != label || action.kind != Action::Kind::kRun) continue;
    there.insert(action.mnemonic);
    if (!choice.mnemonic.empty() && action.mnemonic != choice.mnemonic) continue;
    if (!choice.output.empty() && !Makes(plan, action, choice.output)) continue;
    if (chosen.valid() && chosen == first_output) continue;
    chosen = ActionId(i);
  }
  if (chosen.valid()) return chosen;
  if (there.empty()) return absl::NotFoundError(absl::StrCat(label.ToString(), " runs no action, so there is no sandbox to enter"));
  return absl::NotFoundError(absl::StrCat(label.ToString(), " has no such action; its actions are: ", absl::StrJoin(there, ", ")));
}

absl::StatusOr<SpawnResult> ShellSpawnRunner::Run(const Spawn& spawn, std::stop_token cancelled) {
  if (spawn.action != action_) return sandbox_.Run(spawn, cancelled);
  Spawn inside = spawn;
  inside.argv = command_;
  inside.timeout_seconds = 0;
  std::unique_ptr<TerminalRelay> relay;
  if (command_.empty()) {
    inside.argv = {ShellOf(spawn)};
    if (inside.argv[0].empty()) {
      return absl::FailedPreconditionError("this sandbox has no shell: name a program of it behind '--'");
    }
    std::fprintf(stderr, "The action runs: %s\n", ShellCommand(spawn.argv).c_str());
    if (TerminalRelay::Possible()) {
      const char* const kind = std::getenv("TERM");
      inside.env.push_back(absl::StrCat("TERM=", kind != nullptr ? kind : "dumb"));
      COW_ASSIGN_OR_RETURN(relay, TerminalRelay::Start());
    }
  }
  const int inner = relay != nullptr ? relay->inner() : -1;
  absl::StatusOr<SpawnResult> result = sandbox_.RunAttached(
      inside, relay != nullptr ? AttachedFiles{inner, inner, inner, true} : AttachedFiles{}, cancelled);
  relay.reset();
  if (!result.ok()) return result.status();
  if (result->outcome == SpawnResult::Outcome::kNotExecuted) return absl::FailedPreconditionError(result->err);
  exit_code_ = result->outcome == SpawnResult::Outcome::kSignalled ? 128 + result->signal : result->exit_code;
  return SpawnResult{.outcome = SpawnResult::Outcome::kCancelled};
}

}  // namespace cow::execution
