// What a file system promises: whether it is local, and how fine its timestamps are.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "engine/base/posix_file.h"

namespace cow::store {

struct FileSystemKind {
  std::string name{};            // "NFS", "ext4"; "" if unknown
  bool remote = false;           // network or FUSE: locks, mmap and ctime cannot be relied upon
  bool fine_timestamps = false;  // known to keep nanoseconds
};

absl::StatusOr<FileSystemKind> FileSystemOf(const std::string& path);

}  // namespace cow::store
