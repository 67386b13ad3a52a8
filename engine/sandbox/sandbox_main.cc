// cow-sandbox: runs the actions of a build in sandboxes. Started by the engine only:
//
//   cow-sandbox <pid of the engine> <tier> <scratch> <host directory>...  serves it on descriptor 3
//   cow-sandbox --canary <S3|S3p|S2|S1|S0> <writable> <input>            inside a sandbox: checks it
//
// See README.md in this folder.

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "engine/sandbox/canary.h"
#include "engine/sandbox/failure.h"
#include "engine/sandbox/landlock_scope.h"
#include "engine/sandbox/namespaces.h"
#include "engine/sandbox/privileges.h"
#include "engine/sandbox/protocol.h"
#include "engine/sandbox/seccomp_filter.h"
#include "engine/sandbox/zygote.h"
#include "engine/sandbox/zygote_root.h"

namespace cow::sandbox {
namespace {

// Descriptors 0, 1 and 2 are /dev/null, 3 is the socket: all that are opened later are above.
bool ArrangeOwnDescriptors(Failure* failure) {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 ||
      fcntl(kSocketFd, F_SETFD, FD_CLOEXEC) != 0 ||
      syscall(SYS_close_range, kSocketFd + 1, ~0U, 0) != 0) {
    return Fail(failure, "arrange the helper's descriptors");
  }
  return true;
}

// The terminal's signals go to the engine, which decides. SIGTERM and SIGCHLD stay blocked in
// every pid 1 until it waits for them.
void ArrangeSignals() {
  setsid();
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGCHLD);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGUSR1);
  sigprocmask(SIG_SETMASK, &blocked, nullptr);
}

bool Prepare(pid_t engine, Tier tier, char** host_directories, int* helper_fd, Failure* failure) {
  umask(0);
  ArrangeSignals();
  if (!ArrangeOwnDescriptors(failure)) return false;
  *helper_fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (*helper_fd < 0) return Fail(failure, "open the helper's executable", "/proc/self/exe");
  if (tier != Tier::kNamespaces) {
    if (!DieWithParent(engine)) _exit(1);
    if (tier != Tier::kChroot || geteuid() == 0) return true;
    errno = EPERM;
    return Fail(failure, "change the root: only root may");
  }
  if (!EnterNamespaces(failure)) return false;
  if (!DieWithParent(engine)) _exit(1);
  return EnterZygoteRoot(host_directories, failure) && ForbidGainingPrivileges(failure) &&
         ConfineToOwnProcesses(failure) && InstallSeccompFilter(SocketRule::kUnix, failure);
}

bool ParseTier(const char* text, Tier* tier) {
  constexpr struct {
    const char* name;
    Tier tier;
  } kTiers[] = {{"S3", Tier::kNamespaces}, {"S2", Tier::kChroot}, {"S1", Tier::kLandlock}, {"S0", Tier::kNone}};
  for (const auto& each : kTiers) {
    if (strcmp(each.name, text) != 0) continue;
    *tier = each.tier;
    return true;
  }
  return false;
}

int Serve(pid_t engine, Tier tier, const char* scratch, char** host_directories) {
  int helper_fd = -1;
  Hello refusal = {};
  if (Prepare(engine, tier, host_directories, &helper_fd, &refusal.failure)) ServeActions(tier, scratch, helper_fd);
  send(kSocketFd, &refusal, sizeof refusal, MSG_NOSIGNAL);
  return 1;
}

}  // namespace
}  // namespace cow::sandbox

int main(int argc, char** argv) {
  if (argc == 5 && strcmp(argv[1], "--canary") == 0) {
    return cow::sandbox::RunCanary(argv[2], argv[3], argv[4]);
  }
  struct stat socket_info;
  cow::sandbox::Tier tier;
  if (argc < 4 || !cow::sandbox::ParseTier(argv[2], &tier) || fstat(cow::sandbox::kSocketFd, &socket_info) != 0 ||
      !S_ISSOCK(socket_info.st_mode)) {
    fprintf(stderr, "error: cow-sandbox is started by cow and not by hand\n");
    return 2;
  }
  return cow::sandbox::Serve(static_cast<pid_t>(atoi(argv[1])), tier, argv[3], argv + 4);
}
