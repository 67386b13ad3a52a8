#include "engine/sandbox/privileges.h"

#include <linux/capability.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "engine/sandbox/failure.h"

namespace cow::sandbox {

bool ForbidNewPrivileges(Failure* failure) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Fail(failure, "set no_new_privs");
  const rlimit no_core = {0, 0};
  if (setrlimit(RLIMIT_CORE, &no_core) != 0) return Fail(failure, "forbid core files");
  // Docker's default profile refuses it; then addresses in crash messages differ between runs.
  personality(ADDR_NO_RANDOMIZE);
  return true;
}

bool ForbidGainingPrivileges(Failure* failure) {
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (unsigned long capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0;) {
    ++capability;
  }
  if (errno != EINVAL) return Fail(failure, "empty the capability bounding set");
  return ForbidNewPrivileges(failure);
}

bool DropCapabilities(Failure* failure) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capset, &header, none) != 0) return Fail(failure, "drop the capabilities");
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return Fail(failure, "forbid tracing");
  return true;
}

}  // namespace cow::sandbox
