// BlobWriter: takes the bytes of one blob as they come, with bounded memory, and hands over a file that is complete or
// nothing. Bytes that do not have the announced digest or size are refused. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/base/posix_file.h"
#include "remote-cache/storage/frames.h"
#include "remote-cache/storage/stored_record.h"

namespace cow::cache {

// Blobs of up to so many bytes lie in the index.
constexpr int64_t kInlineSize = 8192;

class BlobWriter {
 public:
  // `expected` unset: any bytes. The file is `path` until Finish; it must not exist.
  BlobWriter(std::string path, std::optional<Digest> expected);
  // Removes the file, if it is still there.
  ~BlobWriter();
  BlobWriter(const BlobWriter&) = delete;
  BlobWriter& operator=(const BlobWriter&) = delete;

  // kInvalidArgument: more bytes than announced. kResourceExhausted: the disk is full.
  absl::Status Write(std::string_view bytes);

  // What was stored, without generation and times; if it is not inline it lies at `path`. kInvalidArgument if the bytes
  // are not those announced.
  absl::StatusOr<StoredRecord> Finish();

  int64_t received() const { return received_; }
  const std::string& path() const { return path_; }
  // The file is somebody else's now.
  void Release() { path_.clear(); }

 private:
  absl::Status Store(std::string_view bytes);
  absl::Status StorePiece(std::string_view bytes);

  std::string path_;
  const std::optional<Digest> expected_;
  std::optional<Sha256> hash_;
  int64_t received_ = 0;
  std::string pending_;  // less than a frame
  StoredRecord::Form form_ = StoredRecord::Form::kInline;
  UniqueFd file_;
  int64_t stored_ = 0;
  FrameTable table_;
};

}  // namespace cow::cache
