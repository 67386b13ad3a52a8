// Notices which copied inputs of an action were opened. An input that was never opened was not read, so its bytes
// cannot have had a part in what the action made.
//
// The kernel reports every open of a file in a watched directory, whoever opens it and how. What is shown by a mount is
// not reported: it counts as read. Only names, kinds and sizes of files can be learned without opening them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/sandbox/action_request.h"

namespace cow::sandbox {

class ReadWatch {
 public:
  // Watches the directories of the copied inputs below the current directory. If the machine does not allow it, nothing
  // will be reported.
  // `fd`: an inotify instance of nobody else at this time; it may hold watches and events of actions that are dead, and
  // keeps the watches of this one.
  void Start(const ActionRequest& request, int fd);

  // Forgets what was opened until now. `fd`: what the instance is called from now on.
  void Begin(int fd);

  // All processes of the action are dead. Sets reads[0] to 1 and reads[1 + i] to 1 for each input that was opened or may
  // have been; leaves reads[0] as it is if that is not known.
  void Report(const ActionRequest& request, uint8_t* reads);

 private:
  struct Directory {
    int watch;
    size_t input;   // the first copied one in it
    size_t length;  // of its path
  };

  bool Watch(const ActionRequest& request, size_t input, size_t length);
  const Directory* Find(int watch) const;
  void Note(const ActionRequest& request, const Directory& directory, const char* name, uint8_t* reads) const;

  int fd_ = -1;
  Directory* directories_ = nullptr;  // sorted by watch once the action begins, each directory once
  size_t count_ = 0;
  size_t capacity_ = 0;
};

}  // namespace cow::sandbox
