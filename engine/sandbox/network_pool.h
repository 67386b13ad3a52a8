// Network namespaces for actions. Two running actions never share one, because abstract unix
// sockets are named per network namespace. Making one takes about half a millisecond, so they are
// reused: nothing can stay in one when the last process in it is dead, as actions may neither
// configure it nor open any but unix sockets.
#pragma once

#include "engine/sandbox/protocol.h"

namespace cow::sandbox {

class NetworkPool {
 public:
  // Moves the calling process, whose next child inherits it, into a namespace that is not in use.
  // Returns its number, to be given back with Release; or -1.
  int Enter(Failure* failure);
  void Release(int number) { in_use_[number] = false; }

 private:
  bool Create(Failure* failure);

  int namespaces_[kMaxActions];
  bool in_use_[kMaxActions] = {};
  int count_ = 0;
  int current_ = -1;
};

}  // namespace cow::sandbox
