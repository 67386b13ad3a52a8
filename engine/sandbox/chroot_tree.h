// The root of actions of tier S2: a directory with the files of the host tree, devices and /etc, made once per slot.
#pragma once

#include <dirent.h>

#include <cstring>

#include "engine/sandbox/protocol.h"

namespace cow::sandbox {

// Makes `root` such a root for `host_tree` (a host path, "" for none), unless it is one already. The files of the host
// tree are linked, not copied: they belong to the helper's user, and actions run as others.
bool PrepareChroot(const char* root, const char* host_tree, Failure* failure);

// Names that actions find in their root by themselves, and never from the host tree.
bool IsOwnName(const char* name);

// Calls visit(name) for every other entry of the host tree, until one gives false.
template <typename Visit>
bool ForEachTopEntry(const char* host_tree, Visit visit) {
  DIR* const directory = opendir(host_tree);
  if (directory == nullptr) return false;
  bool going = true;
  while (const dirent* entry = going ? readdir(directory) : nullptr) {
    if (!IsOwnName(entry->d_name)) going = visit(entry->d_name);
  }
  closedir(directory);
  return going;
}

}  // namespace cow::sandbox
