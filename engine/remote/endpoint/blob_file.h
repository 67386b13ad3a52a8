// BlobFile: a new file that becomes exactly one blob, or is removed. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/base/posix_file.h"

namespace cow::remote {

class BlobFile {
 public:
  // Fails if there is something at `path`.
  static absl::StatusOr<std::unique_ptr<BlobFile>> Create(const std::string& path, const Digest& digest);
  // Removes the file unless Finish succeeded.
  ~BlobFile();
  BlobFile(const BlobFile&) = delete;
  BlobFile& operator=(const BlobFile&) = delete;

  // kDataLoss if the blob is shorter.
  absl::Status Append(std::string_view bytes);
  int64_t size() const { return size_; }
  // Forgets what was appended.
  absl::Status Restart();
  // kDataLoss if these are not the bytes of the digest.
  absl::Status Finish();

 private:
  BlobFile(UniqueFd fd, std::string path, const Digest& digest)
      : fd_(std::move(fd)), path_(std::move(path)), digest_(digest), hash_(std::make_unique<Sha256>()) {}

  UniqueFd fd_;
  const std::string path_;
  const Digest digest_;
  std::unique_ptr<Sha256> hash_;
  int64_t size_ = 0;
  bool finished_ = false;
};

}  // namespace cow::remote
