// The root templates that exist, by host tree.
#pragma once

#include <sys/types.h>

#include "engine/sandbox/protocol.h"

namespace cow::sandbox {

class TemplateCache {
 public:
  // The path of the template for `host_tree` ("" for none), built if there is none yet or if the
  // directory was replaced since. Valid until the next call. Null on failure.
  const char* Find(const char* host_tree, Failure* failure);

 private:
  struct Entry {
    char host_tree[1024];
    dev_t device;
    ino_t inode;
    char path[16];
  };

  // A build uses one tree per toolchain. When there are more, the oldest is built again if needed.
  static constexpr int kCapacity = 8;
  Entry entries_[kCapacity] = {};
  unsigned next_ = 0;
};

}  // namespace cow::sandbox
