#include "engine/execution/strategy_spawn_runner.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/store/blob_store.h"

namespace cow::execution {
namespace {

constexpr absl::Duration kRest = absl::Seconds(20);
constexpr int kMostFalls = 3;                              // then it is left alone for good
constexpr std::chrono::milliseconds kLook{50};             // whether nobody waits any more

}  // namespace

bool StrategySpawnRunner::IsDown() {
  absl::MutexLock lock(&mutex_);
  return falls_ >= kMostFalls || absl::Now() < down_until_;
}

void StrategySpawnRunner::NoteFailure(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  // Many wait for it at once, and fail at once.
  if (absl::Now() >= down_until_) ++falls_;
  down_until_ = absl::Now() + kRest;
  if (std::exchange(warned_, true)) return;
  warn_(absl::StrCat("the remote executor cannot run actions, which run here now: ", status.message()));
}

absl::StatusOr<SpawnResult> StrategySpawnRunner::RunHere(const Spawn& spawn, std::stop_token cancelled) {
  while (!local_slots_.try_acquire_for(kLook)) {
    if (cancelled.stop_requested()) return SpawnResult{.outcome = SpawnResult::Outcome::kCancelled};
  }
  absl::StatusOr<SpawnResult> result = local_.Run(spawn, std::move(cancelled));
  local_slots_.release();
  return result;
}

absl::StatusOr<SpawnResult> StrategySpawnRunner::RunThere(const Spawn& spawn, std::stop_token cancelled) {
  if (strategies_.local_fallback && IsDown()) return RunHere(spawn, std::move(cancelled));
  absl::StatusOr<SpawnResult> result = remote_.Run(spawn, cancelled);
  if (result.ok() && result->succeeded()) ++remote_runs_;
  if (result.ok() || store::IsMiss(result.status())) return result;
  if (strategies_.local_fallback) {
    NoteFailure(result.status());
    return RunHere(spawn, std::move(cancelled));
  }
  const Action& action = plan_.action(spawn.action);
  return absl::ResourceExhaustedError(absl::StrCat(action.mnemonic, " cannot be run by the remote executor: ",
                                                    result.status().message(),
                                                    "\n  --remote_local_fallback would run it on this machine"));
}

absl::StatusOr<SpawnResult> StrategySpawnRunner::Run(const Spawn& spawn, std::stop_token cancelled) {
  const Action& action = plan_.action(spawn.action);
  const auto place = strategies_.by_mnemonic.find(action.mnemonic);
  std::string reason;
  for (Strategy strategy : place == strategies_.by_mnemonic.end() ? strategies_.usual : place->second) {
    if (strategy == Strategy::kSandboxed) return RunHere(spawn, std::move(cancelled));
    reason = remote_.WhyNot(spawn);
    if (reason.empty()) return RunThere(spawn, std::move(cancelled));
  }
  return absl::FailedPreconditionError(absl::StrCat(action.mnemonic, " may only be run remotely (--spawn_strategy, --strategy) and cannot be: ",
                                                    reason, "\n  --spawn_strategy=remote,sandboxed would run it on this machine"));
}

}  // namespace cow::execution
