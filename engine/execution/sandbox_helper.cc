#include "engine/execution/sandbox_helper.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/helper_process.h"
#include "engine/base/status.h"
#include "engine/execution/sandbox_advice.h"

namespace cow::execution {
namespace {

// Like ::recv, for messages of one fixed size: 0 on end of file, negative errno on errors.
template <typename Message>
ssize_t ReceiveMessage(int socket, Message* message) {
  ssize_t got;
  do {
    got = recv(socket, message, sizeof *message, 0);
  } while (got < 0 && errno == EINTR);
  return got;
}

}  // namespace

absl::StatusOr<SandboxHelper> SandboxHelper::Start(const std::string& program, const std::string& tier,
                                                   const std::string& scratch, const std::vector<std::string>& directories) {
  std::vector<std::string> words = {"cow-sandbox", absl::StrCat(getpid()), tier, scratch};
  words.insert(words.end(), directories.begin(), directories.end());
  COW_ASSIGN_OR_RETURN(HelperProcess started, StartHelperProcess({.program = program,
                                                                  .words = std::move(words),
                                                                  .socket_type = SOCK_SEQPACKET,
                                                                  .socket_fd = sandbox::kSocketFd}));
  SandboxHelper helper(std::move(started.socket), started.pid);
  COW_RETURN_IF_ERROR(helper.AwaitHello());
  return helper;
}

SandboxHelper::SandboxHelper(SandboxHelper&& other) noexcept
    : socket_(std::move(other.socket_)), pid_(std::exchange(other.pid_, -1)), undertaker_(other.undertaker_) {}

SandboxHelper::~SandboxHelper() {
  if (pid_ < 0) return;
  socket_.Reset();
  WaitForChild(pid_);
  if (undertaker_ > 0) WaitForChild(undertaker_);
}

absl::Status SandboxHelper::AwaitHello() {
  sandbox::Hello hello = {};
  const ssize_t got = ReceiveMessage(socket_.get(), &hello);
  if (got == 0) return absl::UnavailableError("the sandbox helper ended while it started");
  if (got < 0) return ErrnoStatus(errno, "cannot read from the sandbox helper");
  if (got != sizeof hello || hello.type != sandbox::MessageType::kHello ||
      hello.version != sandbox::kVersion) {
    return absl::FailedPreconditionError(
        "the sandbox helper is of another version; install cow and cow-sandbox together");
  }
  undertaker_ = hello.undertaker;
  if (hello.failure.error == 0) return absl::OkStatus();
  return SandboxSetupError(hello.failure, SandboxHostFacts::OfThisMachine());
}

absl::Status SandboxHelper::Send(const sandbox::Run& run, const std::vector<int>& fds) {
  const size_t size = fds.size() * sizeof(int);
  iovec bytes = {const_cast<sandbox::Run*>(&run), sizeof run};
  alignas(cmsghdr) char control[CMSG_SPACE(sandbox::kMaxRunDescriptors * sizeof(int))] = {};
  msghdr header = {};
  header.msg_iov = &bytes;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = CMSG_SPACE(size);
  cmsghdr* const attached = CMSG_FIRSTHDR(&header);
  attached->cmsg_level = SOL_SOCKET;
  attached->cmsg_type = SCM_RIGHTS;
  attached->cmsg_len = CMSG_LEN(size);
  memcpy(CMSG_DATA(attached), fds.data(), size);
  while (sendmsg(socket_.get(), &header, MSG_NOSIGNAL) < 0) {
    if (errno == EPIPE || errno == ECONNRESET) {
      return absl::UnavailableError("the sandbox helper has ended");
    }
    if (errno != EINTR) return ErrnoStatus(errno, "cannot write to the sandbox helper");
  }
  return absl::OkStatus();
}

void SandboxHelper::Send(const sandbox::Cancel& cancel) {
  while (send(socket_.get(), &cancel, sizeof cancel, MSG_NOSIGNAL) < 0 && errno == EINTR) {
  }
}

absl::StatusOr<sandbox::Result> SandboxHelper::Receive() {
  sandbox::Result result = {};
  const ssize_t got = ReceiveMessage(socket_.get(), &result);
  if (got == sizeof result && result.type == sandbox::MessageType::kResult) return result;
  return absl::UnavailableError("the sandbox helper has ended");
}

void SandboxHelper::Hangup() { shutdown(socket_.get(), SHUT_RDWR); }

}  // namespace cow::execution
