#include "engine/sandbox/undertaker.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "engine/sandbox/failure.h"
#include "engine/sandbox/zygote_root.h"

namespace cow::sandbox {
namespace {

void* BuryAll(void* from) {
  const int source = static_cast<int>(reinterpret_cast<intptr_t>(from));
  int mount_namespace;
  while (read(source, &mount_namespace, sizeof mount_namespace) == sizeof mount_namespace) close(mount_namespace);
  return nullptr;
}

}  // namespace

bool Undertaker::Start(Failure* failure) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Fail(failure, "make a pipe");
  to_bury_ = ends[1];
  fcntl(to_bury_, F_SETFL, O_NONBLOCK);
  pthread_t thread;
  errno = pthread_create(&thread, nullptr, BuryAll, reinterpret_cast<void*>(static_cast<intptr_t>(ends[0])));
  return errno == 0 || Fail(failure, "start a thread");
}

int Undertaker::Hold(pid_t pid) {
  char path[48];
  snprintf(path, sizeof path, "%s/%d/ns/mnt", kProcDirectory, pid);
  return open(path, O_RDONLY | O_CLOEXEC);
}

void Undertaker::Bury(int mount_namespace) {
  if (mount_namespace < 0) return;
  // A full pipe means that the thread is behind by thousands.
  if (write(to_bury_, &mount_namespace, sizeof mount_namespace) != sizeof mount_namespace) close(mount_namespace);
}

}  // namespace cow::sandbox
