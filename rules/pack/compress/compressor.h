// Compressors with the one fixed setting each that cow-pack writes. Same input and same program, same bytes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "rules/pack/io/byte_sink.h"
#include "rules/pack/io/byte_source.h"

namespace cow::pack {

enum class Compression {
  kNone,
  kGzip,     // level 6
  kGzipMax,  // level 9, as `gzip -9n`: for files inside Debian packages
  kXz,       // preset 6, CRC64, one thread
  kZstd,     // level 3, one thread, checksum
};

// A sink that writes the compressed form to `next`. Its Finish ends the stream and leaves `next` open.
// `size_hint` is the exact uncompressed size where known (zstd records it), or -1.
absl::StatusOr<std::unique_ptr<ByteSink>> NewCompressor(Compression compression, ByteSink& next,
                                                        int64_t size_hint = -1);

absl::StatusOr<std::string> Compress(Compression compression, std::string_view bytes);

// A source of the plain bytes, told by the magic number of `input`; bytes that have none come through
// unchanged. A damaged or truncated stream is kDataLoss from Read. Keeps a reference to `input`.
absl::StatusOr<std::unique_ptr<ByteSource>> NewDecompressor(ByteSource& input);

}  // namespace cow::pack
