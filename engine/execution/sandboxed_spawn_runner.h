// SandboxedSpawnRunner: runs spawns in the sandbox of this machine, with bytes from the local cache.
//
// The sandbox is started with the first spawn: a build that finds everything in the cache pays nothing for it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "engine/execution/sandbox_client.h"
#include "engine/execution/spawn_runner.h"
#include "engine/store/cas.h"
#include "engine/store/tree_store.h"

namespace cow::execution {

class SandboxedSpawnRunner final : public SpawnRunner {
 public:
  struct Options {
    SandboxClient::Options sandbox{};
    std::string scratch_root{};         // existing private directory, for what processes print
    int64_t max_output_bytes = 16 << 20;  // of stdout and stderr each: the rest is cut off
    std::string min_tier = "S3";        // a weaker sandbox is an error
  };

  // `cas` and `trees` outlive the runner.
  SandboxedSpawnRunner(Options options, store::LocalCas& cas, store::TreeStore& trees)
      : options_(std::move(options)), cas_(cas), trees_(trees) {}

  absl::StatusOr<SpawnResult> Run(const Spawn& spawn, std::stop_token cancelled) override;

 private:
  absl::StatusOr<SandboxClient*> Client();
  absl::StatusOr<SandboxInput> Stage(const SpawnInput& input);
  absl::StatusOr<SandboxRequest> RequestFor(const Spawn& spawn);

  const Options options_;
  store::LocalCas& cas_;
  store::TreeStore& trees_;
  absl::Mutex mutex_;
  std::optional<absl::StatusOr<std::unique_ptr<SandboxClient>>> client_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::execution
