// What an action of a tier without namespaces may do with files: a list of places, everything else is refused.
#pragma once

#include "engine/sandbox/protocol.h"

namespace cow::sandbox {

class LandlockRules {
 public:
  // Fails with ENOSYS on kernels whose Landlock does not know truncation of files (before Linux 6.2): an action could
  // empty any file of its user.
  bool Start(Failure* failure);

  // A file, or a directory with all below it. A place that does not exist is left out.
  bool AllowReading(const char* path, Failure* failure);
  bool AllowExecuting(int fd, Failure* failure);
  bool AllowWriting(const char* path, Failure* failure);
  bool AllowDevice(const char* path, Failure* failure);

  // Binds this process and what it starts. no_new_privs must be set.
  bool Apply(Failure* failure);

 private:
  bool Allow(const char* path, uint64_t rights, Failure* failure);

  int rules_ = -1;
  uint64_t handled_ = 0;
};

}  // namespace cow::sandbox
