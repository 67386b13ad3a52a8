// SandboxedSpawnRunner: runs spawns in the sandbox of this machine.
//
// The sandbox is started with the first spawn: a build that finds everything in the cache pays nothing for it. Unless
// spawns are expected: then it starts at once, beside what else is to be done before the first.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "engine/execution/sandbox_client.h"
#include "engine/execution/spawn_places.h"
#include "engine/execution/spawn_runner.h"
#include "engine/store/cas.h"
#include "engine/store/tree_store.h"

namespace cow::execution {

// Open files that a process gets as they are. Borrowed.
struct AttachedFiles {
  int in = 0;
  int out = 1;
  int err = 2;
  bool terminal = false;  // all are one terminal that nobody else uses
};

// What a spawn starts: programs without a slash are looked up in PATH of its host tree, as a shell would.
std::string ProgramOf(const Spawn& spawn);

class SandboxedSpawnRunner final : public SpawnRunner {
 public:
  struct Options {
    SandboxClient::Options sandbox{};
    std::string scratch_root{};         // existing private directory, for what processes print
    SandboxLimits limits{};             // of every action
    std::string min_tier = "S3";        // a weaker sandbox is an error; "S0": no sandbox at all, whatever is possible
  };

  // With bytes from the local cache: `cas` and `trees` outlive the runner.
  SandboxedSpawnRunner(Options options, store::LocalCas& cas, store::TreeStore& trees)
      : SandboxedSpawnRunner(std::move(options), std::make_unique<CachePlaces>(cas, trees)) {}
  SandboxedSpawnRunner(Options options, std::unique_ptr<SpawnPlaces> places)
      : options_(std::move(options)), places_(std::move(places)) {}

  // Begins to start the sandbox and does not wait for it. At most once; what goes wrong is told by Run.
  void Expect();

  absl::StatusOr<SpawnResult> Run(const Spawn& spawn, std::stop_token cancelled) override;

  // The same with these files in place of /dev/null and of what is kept of stdout and stderr. Without limits on what it
  // prints.
  absl::StatusOr<SpawnResult> RunAttached(const Spawn& spawn, const AttachedFiles& files, std::stop_token cancelled);

  // Begins to end the sandbox, for which the destructor waits. Nothing may be run any more, and nothing that the runner was
  // given is needed.
  void Stop();

  // What to tell the user if actions ran in less than S3; "" if not.
  std::string Weakness();

 private:
  absl::StatusOr<SandboxClient*> Client();
  absl::StatusOr<SandboxInput> Stage(const SpawnInput& input);
  absl::StatusOr<SandboxRequest> RequestFor(const Spawn& spawn);

  const Options options_;
  const std::unique_ptr<SpawnPlaces> places_;
  std::atomic<bool> is_used_ = false;
  absl::Mutex mutex_;
  std::optional<absl::StatusOr<std::unique_ptr<SandboxClient>>> client_ ABSL_GUARDED_BY(mutex_);
  std::jthread starter_;
};

}  // namespace cow::execution
