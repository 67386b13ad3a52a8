#include "engine/remote/endpoint/blob_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace cow::remote {

absl::StatusOr<std::unique_ptr<BlobFile>> BlobFile::Create(const std::string& path, const Digest& digest) {
  UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  return std::unique_ptr<BlobFile>(new BlobFile(std::move(fd), path, digest));
}

BlobFile::~BlobFile() {
  if (!finished_) unlink(path_.c_str());
}

absl::Status BlobFile::Append(std::string_view bytes) {
  if (static_cast<int64_t>(bytes.size()) > digest_.size_bytes() - size_) {
    return absl::DataLossError(absl::StrCat("more bytes than ", digest_.ToString(), " has"));
  }
  COW_RETURN_IF_ERROR(Annotate(WriteAll(fd_.get(), bytes), path_));
  hash_->Update(bytes);
  size_ += static_cast<int64_t>(bytes.size());
  return absl::OkStatus();
}

absl::Status BlobFile::Restart() {
  if (size_ == 0) return absl::OkStatus();
  if (ftruncate(fd_.get(), 0) != 0 || lseek(fd_.get(), 0, SEEK_SET) != 0) return ErrnoStatus(errno, path_);
  hash_ = std::make_unique<Sha256>();
  size_ = 0;
  return absl::OkStatus();
}

absl::Status BlobFile::Finish() {
  const Digest found = hash_->Finish();
  if (found != digest_) return absl::DataLossError(absl::StrCat("what came for ", digest_.ToString(), " is ", found.ToString()));
  if (close(fd_.Release()) != 0) return ErrnoStatus(errno, path_);
  finished_ = true;
  return absl::OkStatus();
}

}  // namespace cow::remote
