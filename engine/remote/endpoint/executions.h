// Executions: actions that the executor runs. An execution survives broken connections: it is waited for again, or begun again
// if the executor has forgotten it. Any thread; Run blocks.
#pragma once

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "engine/remote/endpoint/link.h"
#include "engine/remote/execution_message.h"
#include "wire/operations.grpc.pb.h"
#include "wire/reapi.grpc.pb.h"

namespace cow::remote {

class Executions {
 public:
  // `options` name an executor. `invocation`: of this build, for the server's log.
  Executions(RemoteOptions options, std::string invocation);
  // No Run may be under way.
  ~Executions();

  // What the executor says in the end: `response` if the code is kOk. kUnavailable: it cannot be reached, or dies each time.
  struct Outcome {
    ExecutionReply reply{};  // why there is no response
    reapi::ExecuteResponse response{};
  };
  // After Expect of this id, and once.
  Outcome Run(uint64_t id, const ExecutionRequest& request);
  void Expect(uint64_t id);
  // There will be no Run of this id.
  void Forget(uint64_t id);

  // The Run of this id returns at once; the executor is told that nobody waits.
  void Cancel(uint64_t id);
  // All of them. Waits until the executor was told, or as long as this.
  void CancelAll(absl::Duration patience);

 private:
  class Running;

  // Ends streams that are silent for too long.
  void Monitor();
  // Waits; false if it was cancelled meanwhile.
  bool Pause(Running& running, int tried);
  grpc::Status Follow(Running& running, const ExecutionRequest& request, google::longrunning::Operation* last);
  void Tell(Running& running);
  void AddMetadata(grpc::ClientContext* context, const ExecutionRequest& request) const;

  const RemoteOptions options_;
  const std::string invocation_;
  reapi::Execution::Stub executor_;
  google::longrunning::Operations::Stub operations_;

  absl::Mutex mutex_;
  absl::CondVar changed_;
  absl::flat_hash_map<uint64_t, std::shared_ptr<Running>> running_ ABSL_GUARDED_BY(mutex_);
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread monitor_;

  Executions(RemoteOptions options, std::string invocation, const std::shared_ptr<grpc::Channel>& channel);
};

}  // namespace cow::remote
