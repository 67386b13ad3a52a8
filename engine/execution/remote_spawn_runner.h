// RemoteSpawnRunner: runs spawns on a cluster, in the sandbox that they have here, too.
//
// What travels is cow-remote-run, cow-sandbox and all that the action sees, so a worker needs nothing but a kernel that
// allows the sandbox; and what the action sees there is what it would see here, path by path. ADR 0020.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>

#include "engine/execution/remote_input_root.h"
#include "engine/execution/sandbox_limits.h"
#include "engine/execution/spawn_runner.h"
#include "engine/model/build_plan.h"
#include "engine/store/remote_executor.h"

namespace cow::execution {

class RemoteSpawnRunner final : public SpawnRunner {
 public:
  struct Options {
    std::string runner_program{};       // cow-remote-run
    std::string sandbox_program{};      // cow-sandbox
    std::string scratch_root{};         // existing private directory on the file system of the outputs
    SandboxLimits limits{};
    std::string min_tier = "S3";
    std::map<std::string, std::string> default_exec_properties{};  // of actions that have none
    bool always_run = false;            // no result of an earlier run will do
  };

  // For the spawns of `plan`. All outlive the runner.
  RemoteSpawnRunner(Options options, const BuildPlan& plan, store::RemoteExecutor& executor, store::LocalCas& cas,
                    store::TreeStore& trees)
      : options_(std::move(options)), plan_(plan), executor_(executor),
        roots_(options_.runner_program, options_.sandbox_program, cas, trees) {}

  // Why this spawn must run here; "" if it need not.
  std::string WhyNot(const Spawn& spawn) const;

  // As RemoteExecutor::Execute fails, it fails.
  absl::StatusOr<SpawnResult> Run(const Spawn& spawn, std::stop_token cancelled) override;

 private:
  absl::StatusOr<store::RemoteWork> WorkFor(const Spawn& spawn, const std::string& report);

  const Options options_;
  const BuildPlan& plan_;
  store::RemoteExecutor& executor_;
  RemoteInputRoot roots_;
  std::atomic<uint64_t> reports_{0};
};

}  // namespace cow::execution
