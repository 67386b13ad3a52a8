// Mounts, by the descriptor-based calls of the kernel: no path is looked up twice, and a recursive
// restriction is one call. Every function sets errno and returns false (or -1) on failure.
#pragma once

#include <sys/mount.h>

#include <cstdint>

namespace cow::sandbox {

// What every file that an action only reads gets.
inline constexpr uint64_t kReadOnly = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
// What a directory on disk that an action writes gets.
inline constexpr uint64_t kWritable = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

// A detached copy of the mount at `path` and all below it, with `attributes` added everywhere.
// Returns a descriptor, or -1.
int CloneMount(const char* path, uint64_t attributes);

// Attaches a detached copy at `to` and closes the descriptor.
bool AttachMount(int mount, const char* to);

// Shows `from` (and all mounts below it) at `to`, which exists and is of the same kind.
bool BindMount(const char* from, const char* to, uint64_t attributes);

// Makes the mount at `path` read-only, but none below it.
bool MakeReadOnly(const char* path);

// A fresh tmpfs. `bytes` 0 means the default of the kernel.
bool MountTmpfs(const char* path, unsigned mode, uint64_t bytes);

}  // namespace cow::sandbox
