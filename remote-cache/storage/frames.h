// A blob as zstd frames of 1 MiB each that can be read from any offset: the seekable format of zstd, whose table of
// frames lies in a skippable frame at the end. `zstd -d` reads such a file, too.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace cow::cache {

constexpr size_t kFrameSize = 1 << 20;  // uncompressed

// One frame with a checksum. At most kFrameSize bytes.
std::string CompressFrame(std::string_view bytes);

// The bytes of one frame. kDataLoss if it is damaged or has not exactly `size` bytes.
absl::StatusOr<std::string> DecompressFrame(std::string_view frame, size_t size);

// Where the frames of a file lie.
class FrameTable {
 public:
  // Frames in the order they are written.
  void Add(uint32_t compressed, uint32_t size);
  // What ends the file.
  std::string Encode() const;
  // Reads the table of an open file of `file_size` bytes. kDataLoss if it does not describe a blob of `size` bytes.
  static absl::StatusOr<FrameTable> Read(int fd, int64_t file_size, int64_t size);

  struct Frame {
    int64_t offset = 0;  // in the file
    uint32_t compressed = 0;
    uint32_t size = 0;
  };
  const std::vector<Frame>& frames() const { return frames_; }
  int64_t frames_end() const { return end_; }

 private:
  std::vector<Frame> frames_;
  int64_t end_ = 0;
};

// zstd streams as clients send and want them. One thread.
class StreamCompressor {
 public:
  StreamCompressor();
  ~StreamCompressor();
  StreamCompressor(const StreamCompressor&) = delete;
  StreamCompressor& operator=(const StreamCompressor&) = delete;
  // What has to be sent after `bytes`; `last` ends the stream.
  std::string Add(std::string_view bytes, bool last);

 private:
  void* stream_;
};

class StreamDecompressor {
 public:
  StreamDecompressor();
  ~StreamDecompressor();
  StreamDecompressor(const StreamDecompressor&) = delete;
  StreamDecompressor& operator=(const StreamDecompressor&) = delete;
  // Hands on what `bytes` stand for, in small parts, as long as that has no more than `limit` bytes; kInvalidArgument if it
  // has, or if they are no zstd, or want a window of more than 8 MiB.
  absl::Status Add(std::string_view bytes, size_t limit, absl::FunctionRef<absl::Status(std::string_view)> sink);
  // Appends it.
  absl::Status Add(std::string_view bytes, size_t limit, std::string* out);
  // No frame is open.
  bool complete() const { return complete_; }

 private:
  void* stream_;
  bool complete_ = true;
};

}  // namespace cow::cache
