// One running `cow-sandbox` process and the socket to it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/posix_file.h"
#include "engine/sandbox/protocol.h"

namespace cow::execution {

// The kernel kills the helper when the thread that called Start ends, so that is a thread which
// lives as long as the helper is wanted. Receive is for that thread; Send and Hangup may be called
// from any thread, one at a time.
class SandboxHelper {
 public:
  // Starts the program for a tier ("S3", "S2", "S1", "S0") and waits until it says that it is ready.
  // `directories` are what it sees of the host, `scratch` where tiers without namespaces work. kNotFound if there is no such program; what SandboxSetupError gives if the machine
  // allows no sandbox.
  static absl::StatusOr<SandboxHelper> Start(const std::string& program, const std::string& tier,
                                             const std::string& scratch,
                                             const std::vector<std::string>& directories);
  SandboxHelper(SandboxHelper&& other) noexcept;
  SandboxHelper& operator=(SandboxHelper&&) = delete;
  // Closes the socket, upon which the helper kills all actions and exits; waits for that.
  ~SandboxHelper();

  // `fds` are what protocol.h wants with a Run.
  absl::Status Send(const sandbox::Run& run, const std::vector<int>& fds);
  void Send(const sandbox::Cancel& cancel);

  // Waits for the next result; kUnavailable when the helper is gone.
  absl::StatusOr<sandbox::Result> Receive();

  // Ends the conversation: the helper exits, Receive returns.
  void Hangup();

  pid_t pid() const { return pid_; }

 private:
  SandboxHelper(UniqueFd socket, pid_t pid) : socket_(std::move(socket)), pid_(pid) {}
  absl::Status AwaitHello();

  UniqueFd socket_;
  pid_t pid_;
  pid_t undertaker_ = 0;  // 0: none
};

}  // namespace cow::execution
