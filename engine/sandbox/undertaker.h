// Buries the mount namespaces of dead actions.
//
// The last reference to a mount namespace pays for taking it apart: some 0.2 ms, most of it waiting for other
// processors. Held here from the start of an action to its end, it is given up by a thread of its own, so that neither
// the dying action nor the next one waits. When a result is sent, its namespace may still exist, but no process is in it
// and none can enter it.
#pragma once

#include <sys/types.h>

#include "engine/sandbox/protocol.h"

namespace cow::sandbox {

class Undertaker {
 public:
  // Starts the thread. It allocates nothing: a clone of the helper made meanwhile can still allocate.
  bool Start(Failure* failure);

  // A reference to the mount namespace of a process just started, or -1: if that has ended already, nothing is to be
  // buried.
  static int Hold(pid_t pid);

  // Gives up what Hold returned.
  void Bury(int mount_namespace);

 private:
  int to_bury_ = -1;  // the writing end of a pipe of descriptors
};

}  // namespace cow::sandbox
