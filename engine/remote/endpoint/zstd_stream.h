// zstd as ByteStream and batches carry it. One thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace cow::remote {

class Compressor {
 public:
  Compressor();
  ~Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;
  // What has to be sent after `bytes`; `last` ends the stream.
  std::string Add(std::string_view bytes, bool last);

 private:
  void* stream_;
};

class Decompressor {
 public:
  Decompressor();
  ~Decompressor();
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;
  // Hands on what `bytes` stand for, in small parts, until the sink fails. kDataLoss if they are no zstd, or want a window of
  // more than 8 MiB.
  absl::Status Add(std::string_view bytes, absl::FunctionRef<absl::Status(std::string_view)> sink);

 private:
  void* stream_;
};

}  // namespace cow::remote
