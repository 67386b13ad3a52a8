#include "rules/pack/io/byte_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "engine/base/status.h"

namespace cow::pack {
namespace {
constexpr size_t kBufferSize = 1 << 18;
}

absl::Status StringSink::Write(std::string_view bytes) {
  bytes_.append(bytes);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<FileSink>> FileSink::Create(const std::string& path, uint32_t mode) {
  COW_RETURN_IF_ERROR(RemoveFile(path));
  UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  if (fchmod(fd.get(), mode) != 0) return ErrnoStatus(errno, path);
  return std::unique_ptr<FileSink>(new FileSink(path, std::move(fd)));
}

absl::Status FileSink::Write(std::string_view bytes) {
  pending_.append(bytes);
  return pending_.size() < kBufferSize ? absl::OkStatus() : Flush();
}

absl::Status FileSink::Flush() {
  absl::Status status = Annotate(WriteAll(fd_.get(), pending_), path_);
  pending_.clear();
  return status;
}

absl::Status FileSink::Finish() {
  COW_RETURN_IF_ERROR(Flush());
  if (close(fd_.Release()) != 0) return ErrnoStatus(errno, path_);
  return absl::OkStatus();
}

absl::Status HashingSink::Write(std::string_view bytes) {
  hasher_.Update(bytes);
  return next_ == nullptr ? absl::OkStatus() : next_->Write(bytes);
}

absl::Status HashingSink::Finish() {
  digest_ = hasher_.Finish();
  return absl::OkStatus();
}

}  // namespace cow::pack
