// Whether the times of a file can tell that it did not change since it was looked at.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/posix_file.h"

namespace cow::store {

// Wall clock in nanoseconds, as the system stamps files with it.
int64_t WallClockNanos();

// True if any change of the file after `looked_at_ns` must give it another ctime than `info` has. Never on network and
// FUSE file systems.
bool IsSettled(const std::string& path, const FileInfo& info, int64_t looked_at_ns);

// The same file in the same state, as far as stat tells.
bool SameState(const FileInfo& a, const FileInfo& b);

}  // namespace cow::store
