// LazySandbox: starts the sandbox when the first action really runs, so that a build that finds everything in the cache
// starts no process at all.
#pragma once

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "engine/execution/spawn_runner.h"
#include "engine/store/local_store.h"

namespace cow::driver {

class LazySandbox final : public execution::SpawnRunner {
 public:
  // `store` outlives the runner.
  LazySandbox(std::string helper_program, store::LocalStore& store);
  ~LazySandbox() override;

  // The first call tries the sandbox; if this machine does not allow it, every call returns that error.
  absl::StatusOr<execution::SpawnResult> Run(const execution::Spawn& spawn, std::stop_token cancelled) override;

  // S3, the only tier there is, until the trial run has told more exactly.
  std::string tier() const override;

 private:
  struct Started;
  absl::StatusOr<execution::SpawnRunner*> Runner();

  const std::string helper_program_;
  store::LocalStore& store_;
  mutable absl::Mutex mutex_;
  std::unique_ptr<Started> started_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::driver
