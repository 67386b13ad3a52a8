// The executor that a request names: what its flags mean, and the runner that uses it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "engine/driver/build_request.h"
#include "engine/driver/session.h"
#include "engine/execution/remote_spawn_runner.h"
#include "engine/execution/spawn_runner.h"
#include "engine/execution/strategy_spawn_runner.h"
#include "engine/model/build_event.h"
#include "engine/remote/remote_client.h"
#include "engine/remote/remote_execution.h"

namespace cow::driver {

// Each: kInvalidArgument says what is wrong.
absl::Status SetRemoteExecutor(const std::string& address, BuildRequest* request);
absl::Status AddDefaultExecProperty(std::string_view text, BuildRequest* request);  // NAME=VALUE
absl::Status SetSpawnStrategy(std::string_view text, BuildRequest* request);        // "remote,sandboxed"
absl::Status AddStrategy(std::string_view text, BuildRequest* request);             // "CppCompile=remote"
// Of all of them together.
absl::Status CheckStrategies(const BuildRequest& request);

// How many actions the request runs at once; 0 = number of processors.
int JobsOf(const BuildRequest& request);

// What an action may use of the machine that runs it.
execution::SandboxLimits LimitsOf(const BuildRequest& request);

class Cluster {
 public:
  // The request names an executor. All outlive the cluster; `local` runs what the executor does not. kFailedPrecondition: this cow
  // has no cow-remote-run.
  static absl::StatusOr<std::unique_ptr<Cluster>> Open(const BuildRequest& request, const Session& session,
                                                       remote::RemoteClient& client, execution::SpawnRunner& local,
                                                       const BuildPlan& plan, EventSink& events);

  execution::StrategySpawnRunner& runner() { return runner_; }

 private:
  Cluster(const BuildRequest& request, const Session& session, remote::RemoteClient& client, execution::SpawnRunner& local,
          const BuildPlan& plan, EventSink& events);

  remote::RemoteExecution execution_;
  execution::RemoteSpawnRunner remote_;
  execution::StrategySpawnRunner runner_;
};

}  // namespace cow::driver
