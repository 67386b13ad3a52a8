#include "engine/remote/remote_process.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <utility>

#include "engine/base/helper_process.h"
#include "engine/base/status.h"

namespace cow::remote {
namespace {

constexpr int kSocketOfChild = 3;
constexpr int kFarewellMillis = 150;

}  // namespace

absl::StatusOr<std::unique_ptr<RemoteProcess>> RemoteProcess::Start(const std::string& program,
                                                                    std::function<void(const std::string&)> notice) {
  COW_ASSIGN_OR_RETURN(HelperProcess started, StartHelperProcess({.program = program,
                                                                  .words = {"cow-remote"},
                                                                  .inherit_env = true,
                                                                  .socket_type = SOCK_STREAM,
                                                                  .socket_fd = kSocketOfChild}));
  std::unique_ptr<RemoteProcess> process(new RemoteProcess(std::move(started.socket), started.pid, std::move(notice)));
  process->listener_ = std::thread([listening = process.get()] { listening->Listen(); });
  return process;
}

RemoteProcess::~RemoteProcess() {
  Hangup();
  // It has nothing that must be kept: files it leaves are in the session's directory. It may want to tell others that it ends.
  const UniqueFd process(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  pollfd ended{.fd = process.get(), .events = POLLIN, .revents = 0};
  if (process.valid()) poll(&ended, 1, kFarewellMillis);
  kill(pid_, SIGKILL);
  WaitForChild(pid_);
  listener_.join();
}

void RemoteProcess::Hangup() { shutdown(socket_.get(), SHUT_RDWR); }

void RemoteProcess::Listen() {
  while (true) {
    absl::StatusOr<Frame> frame = ReadFrame(socket_.get());
    if (!frame.ok()) break;
    if (frame->kind == Frame::Kind::kNotice) {
      notice_(frame->text);
      continue;
    }
    absl::MutexLock lock(&mutex_);
    auto place = waiting_.find(frame->id);
    if (place != waiting_.end()) place->second = *std::move(frame);
  }
  Hangup();  // what is not understood is not heard
  absl::MutexLock lock(&mutex_);
  gone_ = true;
}

absl::Status RemoteProcess::Send(const Frame& frame) {
  absl::MutexLock lock(&writing_);
  return WriteFrame(socket_.get(), frame);
}

absl::StatusOr<Frame> RemoteProcess::Call(Frame request, absl::Duration timeout, std::stop_token cancelled) {
  {
    absl::MutexLock lock(&mutex_);
    request.id = ++last_id_;
    waiting_.emplace(request.id, std::nullopt);
  }
  const absl::Status sent = Send(request);
  std::atomic<bool> stopped = false;
  const std::stop_callback on_cancel(cancelled, [&] {
    absl::MutexLock lock(&mutex_);  // who waits looks again
    stopped = true;
  });
  absl::MutexLock lock(&mutex_);
  const auto answered = [&] {
    mutex_.AssertReaderHeld();
    return gone_ || stopped || waiting_.at(request.id).has_value();
  };
  const bool in_time = !sent.ok() || mutex_.AwaitWithTimeout(absl::Condition(&answered), timeout);
  std::optional<Frame> reply = std::move(waiting_.at(request.id));
  waiting_.erase(request.id);
  if (reply) return *std::move(reply);
  if (!sent.ok()) return sent;
  if (stopped) {
    mutex_.Unlock();
    Send({.kind = Frame::Kind::kCancel, .id = request.id}).IgnoreError();
    mutex_.Lock();
    return absl::CancelledError("");
  }
  return in_time ? absl::UnavailableError("cow-remote has ended") : absl::DeadlineExceededError("cow-remote does not answer");
}

}  // namespace cow::remote
