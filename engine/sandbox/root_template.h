// A prepared root for actions: the content of one host tree, the devices, /etc, and empty places
// for /build, /tmp, /dev/shm and /proc. Read-only. Built once per host tree, inherited by every
// action of it.
#pragma once

#include "engine/sandbox/path.h"
#include "engine/sandbox/protocol.h"

namespace cow::sandbox {

// Builds a template at `path` in the helper's root, which does not exist yet. `host_tree` is a
// directory under kHostPrefix whose entries appear in the root, or "" for none. Its build, dev,
// proc, sys and tmp are left out, its /etc is copied, with passwd, group, hosts and nsswitch.conf
// replaced by ours.
bool BuildRootTemplate(const char* path, const char* host_tree, Failure* failure);

// Writes those files of /etc into the directory `root`.
bool WriteEtcFiles(const char* root, Failure* failure);

}  // namespace cow::sandbox
