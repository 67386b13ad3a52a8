#include "engine/base/posix_file_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "engine/base/status.h"

namespace cow {

absl::StatusOr<PosixFileWriter> PosixFileWriter::Create(std::string path, uint32_t mode) {
  UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  // The umask does not decide about the mode.
  if (fchmod(fd.get(), mode) != 0) return ErrnoStatus(errno, path);
  return PosixFileWriter(std::move(path), std::move(fd));
}

absl::Status PosixFileWriter::Write(std::string_view bytes) { return Annotate(WriteAll(fd_.get(), bytes), path_); }

absl::Status PosixFileWriter::Close() {
  if (close(fd_.Release()) != 0) return ErrnoStatus(errno, path_);
  return absl::OkStatus();
}

}  // namespace cow
