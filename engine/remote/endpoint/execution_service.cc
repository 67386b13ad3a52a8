#include "engine/remote/endpoint/execution_service.h"

#include <algorithm>
#include <utility>

#include "engine/remote/endpoint/execution_outputs.h"
#include "engine/remote/endpoint/result_message.h"

namespace cow::remote {
namespace {

constexpr int kUploadsAtOnce = 8;
constexpr int kMostExecutions = 1000;

ExecutionReply ReplyOf(const absl::Status& status) {
  return {.code = status.code(), .message = std::string(status.message())};
}

}  // namespace

ExecutionService::ExecutionService(Link* link, std::function<void(const Frame&)> send)
    : link_(*link), send_(std::move(send)), reader_(link), writer_(link, Urgency::kBuildWaits),
      executions_(link->options(), link->invocation()), uploads_(kUploadsAtOnce),
      workers_(std::clamp(link->options().executions, 1, kMostExecutions)) {}

void ExecutionService::Handle(Frame request) {
  if (request.kind == Frame::Kind::kCancel) return executions_.Cancel(request.id);
  if (request.kind == Frame::Kind::kUpload) {
    return uploads_.Submit([this, request = std::move(request)] { Upload(request); });
  }
  absl::StatusOr<ExecutionRequest> wanted = DecodeRequest(request.record);
  if (!wanted.ok()) return send_({.id = request.id, .record = EncodeReply(ReplyOf(wanted.status()))});
  executions_.Expect(request.id);
  workers_.Submit([this, id = request.id, wanted = *std::move(wanted)] {
    send_({.id = id, .record = EncodeReply(Execute(id, wanted))});
  });
}

void ExecutionService::Upload(const Frame& request) {
  const std::string action = request.blobs.empty() ? "" : request.blobs.front().digest.hex();
  const grpc::Status status = writer_.Write(action, request.blobs);
  send_({.id = request.id, .ok = status.ok(), .text = status.error_message(), .code = static_cast<int64_t>(status.error_code())});
}

ExecutionReply ExecutionService::LookUp(const ExecutionRequest& request) {
  reapi::GetActionResultRequest question;
  question.set_instance_name(link_.instance());
  *question.mutable_action_digest() = ToWire(request.action);
  reapi::ActionResult result;
  const grpc::Status status = link_.Run(Urgency::kBuildWaits, request.action.hex(), [&](Link::Attempt& attempt) {
    return attempt.stubs.results.GetActionResult(&attempt.context, question, &result);
  });
  ExecutionReply reply{.cached = true};
  if (!status.ok() || !FetchOutputs(request, result, &reader_, &reply).ok()) reply.code = absl::StatusCode::kNotFound;
  return reply;
}

ExecutionReply ExecutionService::Execute(uint64_t id, const ExecutionRequest& request) {
  if (request.lookup_only) {
    ExecutionReply reply = LookUp(request);
    executions_.Forget(id);
    return reply;
  }
  Executions::Outcome outcome = executions_.Run(id, request);
  if (outcome.reply.code != absl::StatusCode::kOk) return std::move(outcome.reply);
  ExecutionReply reply{.cached = outcome.response.cached_result()};
  const absl::Status fetched = FetchOutputs(request, outcome.response.result(), &reader_, &reply);
  if (fetched.ok()) return reply;
  ExecutionReply failed = ReplyOf(fetched);
  failed.cached = reply.cached;
  return failed;
}

}  // namespace cow::remote
