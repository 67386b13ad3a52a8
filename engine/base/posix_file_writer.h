// PosixFileWriter: a new file that is written piece by piece.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/base/posix_file.h"

namespace cow {

// One thread. Movable.
class PosixFileWriter {
 public:
  // Fails if `path` exists, also if it is a dangling symlink.
  static absl::StatusOr<PosixFileWriter> Create(std::string path, uint32_t mode);

  absl::Status Write(std::string_view bytes);
  // Must be called for the file to be complete; reports what the system kept back until now.
  absl::Status Close();

 private:
  PosixFileWriter(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  std::string path_;
  UniqueFd fd_;
};

}  // namespace cow
