// FileLock: an exclusive lock between processes (and between holders in one process), freed when its holder dies.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "engine/base/posix_file.h"

namespace cow::store {

// Held while it lives. `path` is a file or a directory; Acquire makes a file if there is nothing, Try says kNotFound.
class FileLock {
 public:
  static absl::StatusOr<FileLock> Acquire(const std::string& path);          // waits
  static absl::StatusOr<std::optional<FileLock>> Try(const std::string& path);  // nullopt: somebody holds it

  // Whether `path` still names what is locked, and not something else or nothing.
  absl::StatusOr<bool> IsOf(const std::string& path) const;

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace cow::store
