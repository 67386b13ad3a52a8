// cow-remote: speaks gRPC to a remote cache for cow, which started it, over the socket 3. Ends when that ends.
#include <grpc/support/log.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <thread>
#include <unistd.h>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "engine/base/thread_pool.h"
#include "engine/remote/endpoint/blob_presence.h"
#include "engine/remote/endpoint/blob_reader.h"
#include "engine/remote/endpoint/execution_service.h"
#include "engine/remote/endpoint/link.h"
#include "engine/remote/endpoint/result_message.h"
#include "engine/remote/endpoint/uploads.h"
#include "engine/store/action_result_record.h"

namespace cow::remote {
namespace {

constexpr int kSocket = 3;
constexpr int kMostThreads = 64;
constexpr absl::Duration kFarewell = absl::Milliseconds(100);  // for telling the executor that nobody waits

// What is asked, each question in a thread of its own.
class Endpoint {
 public:
  explicit Endpoint(const RemoteOptions& options)
      : link_(options, [this](const std::string& text) { Send({.kind = Frame::Kind::kNotice, .text = text}); }),
        reader_(&link_), uploads_(&link_), workers_(std::clamp(options.max_connections, 1, kMostThreads)) {
    if (!options.executor.empty()) executions_.emplace(&link_, [this](const Frame& frame) { Send(frame); });
  }

  void Stop() {
    if (executions_) executions_->Stop(kFarewell);
  }

  void Handle(Frame request) {
    switch (request.kind) {
      case Frame::Kind::kFind:
        workers_.Submit([this, request = std::move(request)] { Find(request); });
        break;
      case Frame::Kind::kHas:
        workers_.Submit([this, request = std::move(request)] {
          Send({.id = request.id, .ok = HoldsAll(link_, request.blobs)});
        });
        break;
      case Frame::Kind::kFetch:
        workers_.Submit([this, request = std::move(request)] {
          Send({.id = request.id, .blobs = reader_.Read(request.blobs)});
        });
        break;
      case Frame::Kind::kOffer:
        if (!request.blobs.empty()) uploads_.Add(std::move(request));
        break;
      case Frame::Kind::kFinish:
        workers_.Submit([this, id = request.id] {
          const Uploads::Counts counts =
              uploads_.Drain(absl::Now() + absl::Seconds(link_.options().exit_wait_seconds));
          Send({.id = id, .sent = counts.sent, .dropped = counts.dropped});
        });
        break;
      case Frame::Kind::kUpload:
      case Frame::Kind::kExecute:
      case Frame::Kind::kCancel:
        if (executions_) executions_->Handle(std::move(request));
        break;
      default:
        break;
    }
  }

 private:
  void Send(const Frame& frame) {
    absl::MutexLock lock(&writing_);
    const absl::Status written = WriteFrame(kSocket, frame);
    // Who asked must not wait for what is too large. If cow is gone, reading says so, too.
    if (absl::IsInvalidArgument(written) && frame.id != 0) WriteFrame(kSocket, {.id = frame.id}).IgnoreError();
  }

  void Find(const Frame& request) {
    Frame reply{.id = request.id};
    if (!request.blobs.empty()) Find(request.blobs.front().digest, &reply);
    Send(reply);
  }

  void Find(const Digest& key, Frame* reply) {
    reapi::GetActionResultRequest request;
    request.set_instance_name(link_.instance());
    *request.mutable_action_digest() = ToWire(key);
    reapi::ActionResult response;
    const grpc::Status status = link_.Run(Urgency::kBuildWaits, key.hex(), [&](Link::Attempt& attempt) {
      return attempt.stubs.results.GetActionResult(&attempt.context, request, &response);
    });
    const bool told = status.error_code() == grpc::StatusCode::NOT_FOUND || status.error_code() == grpc::StatusCode::UNAVAILABLE;
    if (!status.ok() && !told) link_.Say("lookup", absl::StrCat("gives no results: ", status.error_message()));
    if (!status.ok()) return;
    absl::StatusOr<NotedResult> noted = FromWire(response);
    if (!noted.ok()) {
      link_.Say("malformed", absl::StrCat("gives a malformed result, which is not used: ", noted.status().message()));
      return;
    }
    reply->ok = true;
    reply->record = store::EncodeActionResult(key, noted->result);
    reply->read = std::move(noted->read);
  }

  absl::Mutex writing_;
  Link link_;
  BlobReader reader_;
  Uploads uploads_;
  std::optional<ExecutionService> executions_;
  ThreadPool workers_;
};

// It holds secrets: nobody else's files, no trace of its memory.
bool Seclude() {
  const rlimit none{0, 0};
  return syscall(SYS_close_range, kSocket + 1, ~0U, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

int Serve() {
  absl::StatusOr<Frame> first = ReadFrame(kSocket);
  if (!first.ok() || first->kind != Frame::Kind::kConfigure) {
    std::fprintf(stderr, "cow-remote is started by cow, to ask a remote cache\n");
    return 2;
  }
  if (first->id != kConversation) {
    WriteFrame(kSocket, {.kind = Frame::Kind::kNotice, .text = "cow-remote is of another version; install it together with cow"}).IgnoreError();
    return 2;
  }
  absl::StatusOr<RemoteOptions> options = DecodeOptions(first->record);
  if (!options.ok()) return 2;
  Endpoint endpoint(*options);
  while (true) {
    absl::StatusOr<Frame> frame = ReadFrame(kSocket);
    if (!frame.ok()) break;
    endpoint.Handle(*std::move(frame));
  }
  endpoint.Stop();
  // Nobody waits for what goes on.
  std::fflush(nullptr);
  _exit(0);
}

}  // namespace
}  // namespace cow::remote

int main() {
  if (!cow::remote::Seclude()) {
    std::perror("cow-remote");
    return 2;
  }
  // Ctrl-C at the terminal is for cow, which then ends this program.
  std::signal(SIGINT, SIG_IGN);
  gpr_set_log_function([](gpr_log_func_args*) {});
  return cow::remote::Serve();
}
