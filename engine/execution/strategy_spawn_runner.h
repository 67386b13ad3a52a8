// StrategySpawnRunner: decides for each spawn whether it runs here or on a cluster, and what happens if the cluster cannot.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <semaphore>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "engine/execution/remote_spawn_runner.h"
#include "engine/execution/spawn_runner.h"

namespace cow::execution {

enum class Strategy { kRemote, kSandboxed };

struct Strategies {
  std::vector<Strategy> usual{};                             // in the order of preference
  std::map<std::string, std::vector<Strategy>> by_mnemonic{};
  bool local_fallback = true;                                // what the cluster cannot do is done here
};

class StrategySpawnRunner final : public SpawnRunner {
 public:
  // For the spawns of `plan`. It and the runners outlive this one. `local_jobs`: so many run here at once. `warn`: from any
  // thread.
  StrategySpawnRunner(Strategies strategies, const BuildPlan& plan, SpawnRunner& local, RemoteSpawnRunner& remote,
                      int local_jobs, std::function<void(const std::string&)> warn)
      : strategies_(std::move(strategies)), plan_(plan), local_(local), remote_(remote), local_slots_(local_jobs), warn_(std::move(warn)) {}

  absl::StatusOr<SpawnResult> Run(const Spawn& spawn, std::stop_token cancelled) override;

  // How many spawns ended well on the cluster.
  int64_t remote_runs() const { return remote_runs_; }

 private:
  absl::StatusOr<SpawnResult> RunHere(const Spawn& spawn, std::stop_token cancelled);
  absl::StatusOr<SpawnResult> RunThere(const Spawn& spawn, std::stop_token cancelled);
  // After a failure the cluster is left alone for a while.
  bool IsDown();
  void NoteFailure(const absl::Status& status);

  const Strategies strategies_;
  const BuildPlan& plan_;
  SpawnRunner& local_;
  RemoteSpawnRunner& remote_;
  std::atomic<int64_t> remote_runs_{0};
  std::counting_semaphore<> local_slots_;
  const std::function<void(const std::string&)> warn_;
  absl::Mutex mutex_;
  bool warned_ ABSL_GUARDED_BY(mutex_) = false;
  int falls_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time down_until_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace cow::execution
