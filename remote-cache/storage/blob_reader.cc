#include "remote-cache/storage/blob_reader.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "remote-cache/storage/read_at.h"

namespace cow::cache {
namespace {

using Form = StoredRecord::Form;

// Less than a message of gRPC may have.
constexpr int64_t kPiece = 256 * 1024;

}  // namespace

BlobReader::BlobReader(StoredRecord record, UniqueFd file, std::optional<Digest> expected)
    : record_(std::move(record)), file_(std::move(file)), expected_(std::move(expected)) {}

absl::Status BlobReader::FindStart(int64_t offset) {
  position_ = offset;
  // The record of an inline blob carries a checksum, and so does each frame.
  if (offset == 0 && expected_ && record_.form == Form::kRaw) hash_.emplace();
  if (record_.form == Form::kInline) return absl::OkStatus();
  struct stat info;
  if (fstat(file_.get(), &info) != 0) return ErrnoStatus(errno, "reading a blob");
  if (info.st_size != record_.stored) return absl::DataLossError("the file of a blob has the wrong size");
  if (record_.form == Form::kRaw) return absl::OkStatus();
  COW_ASSIGN_OR_RETURN(table_, FrameTable::Read(file_.get(), info.st_size, record_.size));
  int64_t begin = 0;
  while (frame_ < table_.frames().size() && begin + table_.frames()[frame_].size <= offset) {
    begin += table_.frames()[frame_++].size;
  }
  skip_ = offset - begin;
  return absl::OkStatus();
}

absl::StatusOr<std::string> BlobReader::NextRaw() {
  const int64_t size = std::min(kPiece, left());
  COW_ASSIGN_OR_RETURN(std::string bytes, ReadAt(file_.get(), position_, static_cast<size_t>(size)));
  position_ += size;
  if (!hash_) return bytes;
  hash_->Update(bytes);
  if (left() == 0 && hash_->Finish() != *expected_) return absl::DataLossError("a stored blob is damaged");
  return bytes;
}

absl::StatusOr<std::string> BlobReader::NextFrame() {
  const FrameTable::Frame& frame = table_.frames()[frame_++];
  COW_ASSIGN_OR_RETURN(const std::string compressed, ReadAt(file_.get(), frame.offset, frame.compressed));
  COW_ASSIGN_OR_RETURN(std::string bytes, DecompressFrame(compressed, frame.size));
  bytes.erase(0, static_cast<size_t>(std::exchange(skip_, 0)));
  position_ += static_cast<int64_t>(bytes.size());
  return bytes;
}

absl::StatusOr<std::string> BlobReader::NextPiece() {
  if (left() == 0) return std::string();
  if (record_.form == Form::kRaw) return NextRaw();
  if (record_.form == Form::kFrames) return NextFrame();
  std::string bytes = record_.data.substr(static_cast<size_t>(position_));
  position_ = record_.size;
  return bytes;
}

absl::StatusOr<std::string> BlobReader::NextCompressedPiece() {
  if (ended_) return std::string();
  // Whole frames go out as they lie there.
  if (record_.form == Form::kFrames && skip_ == 0 && !compressor_) {
    if (frame_ == table_.frames().size()) return std::string();
    const FrameTable::Frame& frame = table_.frames()[frame_++];
    position_ += frame.size;
    COW_ASSIGN_OR_RETURN(std::string bytes, ReadAt(file_.get(), frame.offset, frame.compressed));
    COW_RETURN_IF_ERROR(DecompressFrame(bytes, frame.size).status());  // its checksum
    return bytes;
  }
  if (!compressor_) compressor_.emplace();
  std::string out;
  while (out.empty() && !ended_) {
    COW_ASSIGN_OR_RETURN(const std::string bytes, NextPiece());
    ended_ = left() == 0;
    out = compressor_->Add(bytes, ended_);
  }
  return out;
}

absl::Status BlobReader::Start(int64_t offset) {
  absl::Status status = FindStart(offset);
  if (absl::IsDataLoss(status) && damaged_) std::exchange(damaged_, nullptr)();
  return status;
}

absl::StatusOr<std::string> BlobReader::Next() {
  absl::StatusOr<std::string> piece = NextPiece();
  if (absl::IsDataLoss(piece.status()) && damaged_) std::exchange(damaged_, nullptr)();
  return piece;
}

absl::StatusOr<std::string> BlobReader::NextCompressed() {
  absl::StatusOr<std::string> piece = NextCompressedPiece();
  if (absl::IsDataLoss(piece.status()) && damaged_) std::exchange(damaged_, nullptr)();
  return piece;
}

}  // namespace cow::cache
