// BlobReader: the bytes of one stored blob from an offset on, in pieces. A blob that is evicted meanwhile stays readable.
// One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/base/posix_file.h"
#include "remote-cache/storage/frames.h"
#include "remote-cache/storage/stored_record.h"

namespace cow::cache {

class BlobReader {
 public:
  // `record` is not inline: `file` holds it. `expected`: what all bytes must hash to, if known.
  BlobReader(StoredRecord record, UniqueFd file, std::optional<Digest> expected);
  // kDataLoss if the file cannot be what was stored. 0 <= offset <= size.
  absl::Status Start(int64_t offset);

  // Is called once if the stored bytes turn out wrong.
  void OnDamage(std::function<void()> damaged) { damaged_ = std::move(damaged); }

  int64_t size() const { return record_.size; }
  int64_t left() const { return record_.size - position_; }
  // The next piece, of at most 1 MiB; empty at the end. kDataLoss as soon as it is known that the stored bytes are not those
  // of the blob; the last piece is given only if all pieces, read from the beginning, are.
  absl::StatusOr<std::string> Next();
  // The next piece of a zstd stream that stands for the blob; empty at the end. Not to be mixed with Next.
  absl::StatusOr<std::string> NextCompressed();

 private:
  absl::Status FindStart(int64_t offset);
  absl::StatusOr<std::string> NextPiece();
  absl::StatusOr<std::string> NextCompressedPiece();
  absl::StatusOr<std::string> NextRaw();
  absl::StatusOr<std::string> NextFrame();

  StoredRecord record_;
  UniqueFd file_;
  std::optional<Digest> expected_;
  std::optional<Sha256> hash_;  // of all that was read; unset if reading began later
  FrameTable table_;
  size_t frame_ = 0;
  int64_t position_ = 0;
  int64_t skip_ = 0;  // in the first frame
  std::optional<StreamCompressor> compressor_;
  bool ended_ = false;
  std::function<void()> damaged_;
};

}  // namespace cow::cache
