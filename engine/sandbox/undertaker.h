// Buries the mount namespaces of dead actions, and those of the helper after its end.
//
// The last reference to a namespace pays for taking it apart: some 0.2 ms, most of it waiting for other processors; on a
// busy machine 5 ms. Held here from the start of an action to its end, it is given up by a process of its own, so that
// neither the dying action nor the next one waits. When a result is sent, its namespace may still exist, but no process is
// in it and none can enter it.
//
// That process shares the helper's open files and namespaces, ends after it, and is a child of the engine, which waits for
// it when it has nothing else to do.
#pragma once

#include <sys/types.h>

#include "engine/sandbox/protocol.h"

namespace cow::sandbox {

class Undertaker {
 public:
  // Starts the process; -1 if that fails. `helper` is a pidfd of this one.
  pid_t Start(int helper, Failure* failure);

  // A reference to the mount namespace of a process just started, or -1: if that has ended already, nothing is to be
  // buried.
  static int Hold(pid_t pid);

  // Gives up what Hold returned.
  void Bury(int mount_namespace);

 private:
  int to_bury_ = -1;  // the writing end of a pipe of descriptors
};

}  // namespace cow::sandbox
