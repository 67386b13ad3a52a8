#include "engine/remote/remote_process.h"

#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

extern char** environ;

namespace cow::remote {
namespace {

constexpr int kSocketOfChild = 3;

int Spawn(const std::string& program, int socket, pid_t* pid) {
  char name[] = "cow-remote";
  char* argv[] = {name, nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, socket, kSocketOfChild);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int error = posix_spawn(pid, program.c_str(), &actions, &attributes, argv, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RemoteProcess>> RemoteProcess::Start(const std::string& program,
                                                                    std::function<void(const std::string&)> notice) {
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) return ErrnoStatus(errno, "cannot make a socket");
  UniqueFd ours(sockets[0]);
  UniqueFd theirs(sockets[1]);
  pid_t pid = -1;
  if (const int error = Spawn(program, theirs.get(), &pid); error != 0) {
    return ErrnoStatus(error, absl::StrCat("cannot start '", program, "'"));
  }
  std::unique_ptr<RemoteProcess> process(new RemoteProcess(std::move(ours), pid, std::move(notice)));
  process->listener_ = std::thread([listening = process.get()] { listening->Listen(); });
  return process;
}

RemoteProcess::~RemoteProcess() {
  Hangup();
  // It has nothing that must be kept: files it leaves are in the session's directory.
  kill(pid_, SIGKILL);
  int ignored;
  while (waitpid(pid_, &ignored, 0) < 0 && errno == EINTR) {
  }
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

absl::StatusOr<Frame> RemoteProcess::Call(Frame request, absl::Duration timeout) {
  {
    absl::MutexLock lock(&mutex_);
    request.id = ++last_id_;
    waiting_.emplace(request.id, std::nullopt);
  }
  const absl::Status sent = Send(request);
  absl::MutexLock lock(&mutex_);
  const auto answered = [&] {
    mutex_.AssertReaderHeld();
    return gone_ || waiting_.at(request.id).has_value();
  };
  const bool in_time = !sent.ok() || mutex_.AwaitWithTimeout(absl::Condition(&answered), timeout);
  std::optional<Frame> reply = std::move(waiting_.at(request.id));
  waiting_.erase(request.id);
  if (reply) return *std::move(reply);
  if (!sent.ok()) return sent;
  return in_time ? absl::UnavailableError("cow-remote has ended") : absl::DeadlineExceededError("cow-remote does not answer");
}

}  // namespace cow::remote
