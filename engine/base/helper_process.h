// Helper programs of cow (cow-sandbox, cow-remote): children that talk with it over a socket.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/posix_file.h"

namespace cow {

struct HelperProcess {
  UniqueFd socket{};  // our end
  pid_t pid = -1;     // whoever started it waits for it, with WaitForChild
};

struct HelperOptions {
  std::string program{};             // path
  std::vector<std::string> words{};  // argv, its name first
  bool inherit_env = false;          // false: it has no environment
  int socket_type = 0;               // SOCK_STREAM or SOCK_SEQPACKET
  int socket_fd = 3;                 // the helper's end
};

// The helper starts with no signal blocked or ignored. The system's error if there is no such program.
absl::StatusOr<HelperProcess> StartHelperProcess(const HelperOptions& options);

// Until it has ended; what it ended with is not told.
void WaitForChild(pid_t pid);

}  // namespace cow
