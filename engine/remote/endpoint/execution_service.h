// ExecutionService: what cow asks about actions that the executor shall run. Any thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "engine/base/thread_pool.h"
#include "engine/remote/endpoint/blob_reader.h"
#include "engine/remote/endpoint/blob_writer.h"
#include "engine/remote/endpoint/executions.h"
#include "engine/remote/endpoint/link.h"
#include "engine/remote/execution_message.h"
#include "engine/remote/frame.h"

namespace cow::remote {

class ExecutionService {
 public:
  // `link` leads to the blobs and results of the executor that its options name; it and `send` outlive the service.
  ExecutionService(Link* link, std::function<void(const Frame&)> send);

  // A frame of kind kUpload, kExecute or kCancel. Returns at once.
  void Handle(Frame request);

  // Nothing is waited for any more. Returns when the executor was told, or after this time.
  void Stop(absl::Duration patience) { executions_.CancelAll(patience); }

 private:
  void Upload(const Frame& request);
  ExecutionReply Execute(uint64_t id, const ExecutionRequest& request);
  // kNotFound: there is none that could be used.
  ExecutionReply LookUp(const ExecutionRequest& request);

  Link& link_;
  const std::function<void(const Frame&)> send_;
  BlobReader reader_;
  BlobWriter writer_;
  Executions executions_;
  ThreadPool uploads_;
  ThreadPool workers_;  // one for each execution
};

}  // namespace cow::remote
