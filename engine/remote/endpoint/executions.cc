#include "engine/remote/endpoint/executions.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/remote/endpoint/channel.h"
#include "engine/remote/endpoint/result_message.h"

namespace cow::remote {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(100);
constexpr absl::Duration kFirstWord = absl::Seconds(15);   // of an executor that was asked
constexpr absl::Duration kTelling = absl::Seconds(2);      // that nobody waits any more
constexpr absl::Duration kFirstDelay = absl::Milliseconds(200);
constexpr absl::Duration kLongestDelay = absl::Seconds(4);
constexpr absl::Duration kLongLife = absl::Seconds(20);    // of a stream that breaks: what was tried before does not count
constexpr int kMostDeaths = 4;                             // of workers, each time with this action
constexpr int kMostSilences = 2;                           // streams in a row in which nothing is said

using google::longrunning::Operation;

// Whether the server lacks blobs that it was said to have.
bool LacksBlobs(const google::rpc::Status& status) {
  if (status.code() != grpc::StatusCode::FAILED_PRECONDITION) return false;
  return std::any_of(status.details().begin(), status.details().end(), [](const google::protobuf::Any& any) {
    google::rpc::PreconditionFailure failure;
    return any.UnpackTo(&failure) && std::any_of(failure.violations().begin(), failure.violations().end(),
                                                 [](const auto& violation) { return violation.type() == "MISSING"; });
  });
}

google::rpc::Status FromRpc(const grpc::Status& status) {
  google::rpc::Status same;
  if (!same.ParseFromString(status.error_details())) same.Clear();
  same.set_code(status.error_code());
  same.set_message(status.error_message());
  return same;
}

Executions::Outcome Failed(absl::StatusCode code, std::string message) {
  Executions::Outcome outcome;
  outcome.reply.code = code;
  outcome.reply.message = std::move(message);
  return outcome;
}

Executions::Outcome Refused(const google::rpc::Status& status) {
  Executions::Outcome outcome = Failed(static_cast<absl::StatusCode>(status.code()), status.message());
  outcome.reply.missing = LacksBlobs(status);
  return outcome;
}

}  // namespace

// One Run.
class Executions::Running {
 public:
  // Guarded by Executions::mutex_.
  std::unique_ptr<grpc::ClientContext> context{};  // of the call that waits now
  std::string name{};                              // of the operation; "": none is known
  absl::Time last{};                               // word of the server
  bool heard = false;                              // in this stream
  bool cancelled = false;
  bool was_silent = false;
};

Executions::Executions(RemoteOptions options, std::string invocation)
    : Executions(options, std::move(invocation), MakeExecutorChannel(options)) {}

Executions::Executions(RemoteOptions options, std::string invocation, const std::shared_ptr<grpc::Channel>& channel)
    : options_(std::move(options)), invocation_(std::move(invocation)), executor_(channel), operations_(channel),
      monitor_([this] { Monitor(); }) {}

Executions::~Executions() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.SignalAll();
  }
  monitor_.join();
}

void Executions::AddMetadata(grpc::ClientContext* context, const ExecutionRequest& request) const {
  for (const auto& [name, value] : options_.headers) context->AddMetadata(name, value);
  for (const auto& [name, value] : options_.exec_headers) context->AddMetadata(name, value);
  reapi::RequestMetadata metadata;
  metadata.mutable_tool_details()->set_tool_name("cow");
  metadata.set_tool_invocation_id(invocation_);
  metadata.set_action_id(request.action.hex());
  metadata.set_action_mnemonic(request.mnemonic);
  metadata.set_target_id(request.label);
  context->AddMetadata("build.bazel.remote.execution.v2.requestmetadata-bin", metadata.SerializeAsString());
}

void Executions::Monitor() {
  absl::MutexLock lock(&mutex_);
  while (!stopping_) {
    changed_.WaitWithTimeout(&mutex_, kTick);
    const absl::Time now = absl::Now();
    for (auto& [id, running] : running_) {
      if (running->context == nullptr || running->was_silent) continue;
      const absl::Duration most = absl::Seconds(options_.timeout_seconds);
      if (now - running->last < (running->heard ? most : std::min(kFirstWord, most))) continue;
      running->was_silent = true;
      running->context->TryCancel();
    }
  }
}

bool Executions::Pause(Running& running, int tried) {
  thread_local std::minstd_rand random(std::random_device{}());
  const double part = std::uniform_real_distribution<double>(0.5, 1.5)(random);
  const absl::Time until = absl::Now() + part * std::min(kFirstDelay * (1 << std::min(tried, 8)), kLongestDelay);
  absl::MutexLock lock(&mutex_);
  while (!running.cancelled && absl::Now() < until) changed_.WaitWithDeadline(&mutex_, until);
  return !running.cancelled;
}

// Asks for the operation, or for a new one, and listens until it is done (`last`) or the stream ends.
grpc::Status Executions::Follow(Running& running, const ExecutionRequest& request, Operation* last) {
  auto context = std::make_unique<grpc::ClientContext>();
  AddMetadata(context.get(), request);
  grpc::ClientContext* const call = context.get();
  std::string name;
  {
    absl::MutexLock lock(&mutex_);
    if (running.cancelled) return grpc::Status::CANCELLED;
    running.context = std::move(context);
    running.last = absl::Now();
    running.heard = running.was_silent = false;
    name = running.name;
  }
  std::unique_ptr<grpc::ClientReader<Operation>> stream;
  if (name.empty()) {
    reapi::ExecuteRequest execute;
    execute.set_instance_name(options_.instance);
    *execute.mutable_action_digest() = ToWire(request.action);
    execute.set_skip_cache_lookup(request.fresh);
    execute.set_inline_stdout(true);
    execute.set_inline_stderr(true);
    stream = executor_.Execute(call, execute);
  } else {
    reapi::WaitExecutionRequest wait;
    wait.set_name(name);
    stream = executor_.WaitExecution(call, wait);
  }
  Operation operation;
  while (stream->Read(&operation)) {
    absl::MutexLock lock(&mutex_);
    running.last = absl::Now();
    running.heard = true;
    if (!operation.name().empty()) running.name = operation.name();
    *last = operation;
    if (operation.done()) break;
  }
  if (last->done()) call->TryCancel();
  const grpc::Status status = stream->Finish();
  absl::MutexLock lock(&mutex_);
  running.context.reset();
  if (last->done()) return grpc::Status::OK;
  if (running.was_silent) return grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "it says nothing");
  if (status.ok()) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "it ended the call before the action was done");
  return status;
}

// That nobody waits; it may not want to know.
void Executions::Tell(Running& running) {
  google::longrunning::CancelOperationRequest request;
  {
    absl::MutexLock lock(&mutex_);
    request.set_name(running.name);
  }
  if (request.name().empty()) return;
  grpc::ClientContext context;
  AddMetadata(&context, {});
  context.set_deadline(absl::ToChronoTime(absl::Now() + kTelling));
  google::protobuf::Empty nothing;
  operations_.CancelOperation(&context, request, &nothing);
}

void Executions::Expect(uint64_t id) {
  absl::MutexLock lock(&mutex_);
  running_.emplace(id, std::make_shared<Running>());
}

void Executions::Forget(uint64_t id) {
  absl::MutexLock lock(&mutex_);
  running_.erase(id);
  changed_.SignalAll();
}

Executions::Outcome Executions::Run(uint64_t id, const ExecutionRequest& request) {
  std::shared_ptr<Running> kept;
  {
    absl::MutexLock lock(&mutex_);
    kept = running_.at(id);
    kept->cancelled |= cancelled_;
  }
  Running& running = *kept;
  Outcome outcome = Failed(absl::StatusCode::kUnavailable, "");
  int deaths = 0;
  int silences = 0;
  for (int tried = 0;; ++tried) {
    const absl::Time began = absl::Now();
    Operation last;
    const grpc::Status status = Follow(running, request, &last);
    {
      absl::MutexLock lock(&mutex_);
      if (running.cancelled) break;
    }
    const bool forgotten = status.error_code() == grpc::StatusCode::NOT_FOUND || status.error_code() == grpc::StatusCode::UNIMPLEMENTED;
    google::rpc::Status end = FromRpc(status);
    if (status.ok()) {
      outcome = {};
      if (last.has_error()) {
        end = last.error();
      } else if (!last.response().UnpackTo(&outcome.response)) {
        outcome = Failed(absl::StatusCode::kInternal, "it answers with something else than a result");
        break;
      } else {
        end = outcome.response.status();
        if (end.code() == grpc::StatusCode::OK) break;
        // Of the action, not of the call.
        if (end.code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
          outcome = Failed(absl::StatusCode::kDeadlineExceeded, end.message());
          break;
        }
      }
      ++deaths;
    }
    absl::MutexLock lock(&mutex_);
    const bool was_waited_for = !running.name.empty();
    if (status.ok() || forgotten) running.name.clear();
    if (!IsTransient(end.code()) && !(forgotten && was_waited_for)) {
      outcome = Refused(end);
      break;
    }
    outcome = Failed(absl::StatusCode::kUnavailable, end.message());
    if (absl::Now() - began > kLongLife && !status.ok() && running.heard) tried = 0;
    silences = running.heard ? 0 : silences + (running.was_silent ? 1 : 0);
    if (tried >= options_.retries || deaths >= kMostDeaths || silences >= kMostSilences || cancelled_) break;
    mutex_.Unlock();
    Pause(running, tried);
    mutex_.Lock();
  }
  bool cancelled = false;
  {
    absl::MutexLock lock(&mutex_);
    cancelled = running.cancelled;
  }
  if (cancelled) {
    Tell(running);
    outcome = Failed(absl::StatusCode::kCancelled, "");
  }
  Forget(id);
  return outcome;
}

void Executions::Cancel(uint64_t id) {
  absl::MutexLock lock(&mutex_);
  auto place = running_.find(id);
  if (place == running_.end()) return;
  place->second->cancelled = true;
  if (place->second->context != nullptr) place->second->context->TryCancel();
  changed_.SignalAll();
}

void Executions::CancelAll(absl::Duration patience) {
  const absl::Time until = absl::Now() + patience;
  absl::MutexLock lock(&mutex_);
  cancelled_ = true;
  for (auto& [id, running] : running_) {
    running->cancelled = true;
    if (running->context != nullptr) running->context->TryCancel();
  }
  changed_.SignalAll();
  while (!running_.empty() && absl::Now() < until) changed_.WaitWithDeadline(&mutex_, until);
}

}  // namespace cow::remote
