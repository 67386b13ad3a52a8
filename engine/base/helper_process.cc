#include "engine/base/helper_process.h"

#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

extern char** environ;

namespace cow {

absl::StatusOr<HelperProcess> StartHelperProcess(const HelperOptions& options) {
  int sockets[2];
  if (socketpair(AF_UNIX, options.socket_type | SOCK_CLOEXEC, 0, sockets) != 0) {
    return ErrnoStatus(errno, absl::StrCat("cannot make a socket for '", options.program, "'"));
  }
  HelperProcess helper{.socket = UniqueFd(sockets[0])};
  const UniqueFd theirs(sockets[1]);
  std::vector<char*> argv;
  for (const std::string& word : options.words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  char* no_env[] = {nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, theirs.get(), options.socket_fd);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int error = posix_spawn(&helper.pid, options.program.c_str(), &actions, &attributes, argv.data(),
                                options.inherit_env ? environ : no_env);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return ErrnoStatus(error, absl::StrCat("cannot start '", options.program, "'"));
  return helper;
}

void WaitForChild(pid_t pid) {
  int ignored;
  while (waitpid(pid, &ignored, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace cow
