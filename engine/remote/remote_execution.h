// RemoteExecution: the RemoteExecutor that cow-remote asks for. What it has sent once is not sent again.
#pragma once

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "engine/remote/execution_message.h"
#include "engine/remote/remote_client.h"
#include "engine/store/remote_executor.h"

namespace cow::remote {

class RemoteExecution final : public store::RemoteExecutor {
 public:
  // `client`, whose options name an executor, outlives this. `scratch_directory`: existing, private.
  RemoteExecution(RemoteClient& client, std::string scratch_directory)
      : client_(client), scratch_directory_(std::move(scratch_directory)) {}

  absl::StatusOr<store::RemoteRun> Execute(const store::RemoteWork& work, std::stop_token cancelled) override;

 private:
  enum class Known { kNot, kBeingSent, kThere };

  absl::StatusOr<ExecutionReply> Ask(const ExecutionRequest& request, std::stop_token cancelled);
  // The server has all of them now. No blob is sent by two threads at once.
  absl::Status Upload(const std::vector<store::RemoteBlob>& blobs, std::stop_token cancelled);
  absl::Status Send(const std::vector<const store::RemoteBlob*>& blobs, std::stop_token cancelled);
  bool AnyIs(Known known, const std::vector<store::RemoteBlob>& blobs) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  void Forget(const std::vector<store::RemoteBlob>& blobs);

  RemoteClient& client_;
  const std::string scratch_directory_;
  std::atomic<uint64_t> files_{0};
  absl::Mutex mutex_;
  absl::flat_hash_map<Digest, Known> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::remote
