#include "engine/sandbox/network_pool.h"

#include <fcntl.h>
#include <sched.h>

#include <cerrno>

#include "engine/sandbox/failure.h"
#include "engine/sandbox/path.h"
#include "engine/sandbox/zygote_root.h"

namespace cow::sandbox {

bool NetworkPool::Create(Failure* failure) {
  // The first is the one in which the helper is since its start.
  if (count_ > 0 && unshare(CLONE_NEWNET) != 0) {
    return Fail(failure, "create a network namespace");
  }
  const Path path = {kProcDirectory, "/self/ns/net"};
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Fail(failure, "open the network namespace", path.c_str());
  namespaces_[count_] = fd;
  current_ = count_++;
  return true;
}

int NetworkPool::Enter(Failure* failure) {
  int number = 0;
  while (number < count_ && in_use_[number]) ++number;
  if (number == kMaxActions) {
    errno = EAGAIN;
    Fail(failure, "find a free network namespace");
    return -1;
  }
  if (number == count_) {
    if (!Create(failure)) return -1;
  } else if (number != current_) {
    if (setns(namespaces_[number], CLONE_NEWNET) != 0) {
      Fail(failure, "enter a network namespace");
      return -1;
    }
    current_ = number;
  }
  in_use_[number] = true;
  return number;
}

}  // namespace cow::sandbox
