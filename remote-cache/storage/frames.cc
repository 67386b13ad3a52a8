#include "remote-cache/storage/frames.h"

#include <zstd.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "remote-cache/storage/read_at.h"

namespace cow::cache {
namespace {

constexpr int kLevel = 1;
constexpr uint32_t kSkippableMagic = 0x184D2A5E;
constexpr uint32_t kSeekableMagic = 0x8F92EAB1;
constexpr size_t kFooter = 9;  // count of frames, descriptor, magic
constexpr size_t kEntry = 8;

void AppendInt(std::string& out, uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(value >> shift));
}

uint32_t IntAt(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}

absl::Status BadTable() { return absl::DataLossError("the table of frames is damaged"); }

// A context for each thread: making one takes longer than a small frame.
ZSTD_CCtx* Compressor() {
  struct Deleter {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  thread_local std::unique_ptr<ZSTD_CCtx, Deleter> context = [] {
    std::unique_ptr<ZSTD_CCtx, Deleter> made(ZSTD_createCCtx());
    ZSTD_CCtx_setParameter(made.get(), ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtx_setParameter(made.get(), ZSTD_c_checksumFlag, 1);
    return made;
  }();
  return context.get();
}

ZSTD_DCtx* Decompressor() {
  struct Deleter {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  thread_local std::unique_ptr<ZSTD_DCtx, Deleter> context(ZSTD_createDCtx());
  return context.get();
}

}  // namespace

std::string CompressFrame(std::string_view bytes) {
  std::string frame(ZSTD_compressBound(bytes.size()), '\0');
  const size_t size = ZSTD_compress2(Compressor(), frame.data(), frame.size(), bytes.data(), bytes.size());
  COW_CHECK(!ZSTD_isError(size));
  frame.resize(size);
  return frame;
}

absl::StatusOr<std::string> DecompressFrame(std::string_view frame, size_t size) {
  std::string bytes(size, '\0');
  const size_t n = ZSTD_decompressDCtx(Decompressor(), bytes.data(), bytes.size(), frame.data(), frame.size());
  if (ZSTD_isError(n)) return absl::DataLossError(absl::StrCat("a frame of a blob is damaged: ", ZSTD_getErrorName(n)));
  if (n != size) return absl::DataLossError("a frame of a blob has the wrong size");
  return bytes;
}

void FrameTable::Add(uint32_t compressed, uint32_t size) {
  frames_.push_back({end_, compressed, size});
  end_ += compressed;
}

std::string FrameTable::Encode() const {
  std::string out;
  AppendInt(out, kSkippableMagic);
  AppendInt(out, static_cast<uint32_t>(frames_.size() * kEntry + kFooter));
  for (const Frame& frame : frames_) {
    AppendInt(out, frame.compressed);
    AppendInt(out, frame.size);
  }
  AppendInt(out, static_cast<uint32_t>(frames_.size()));
  out.push_back('\0');
  AppendInt(out, kSeekableMagic);
  return out;
}

absl::StatusOr<FrameTable> FrameTable::Read(int fd, int64_t file_size, int64_t size) {
  if (file_size < static_cast<int64_t>(8 + kFooter)) return BadTable();
  COW_ASSIGN_OR_RETURN(const std::string footer, ReadAt(fd, file_size - static_cast<int64_t>(kFooter), kFooter));
  const size_t count = IntAt(footer, 0);
  const size_t length = count * kEntry;
  const int64_t begin = file_size - static_cast<int64_t>(kFooter + length);
  if (IntAt(footer, 5) != kSeekableMagic || footer[4] != 0 || begin < 8) return BadTable();
  COW_ASSIGN_OR_RETURN(const std::string entries, ReadAt(fd, begin, length));
  FrameTable table;
  table.frames_.reserve(count);
  int64_t total = 0;
  for (size_t i = 0; i < count; ++i) {
    table.Add(IntAt(entries, i * kEntry), IntAt(entries, i * kEntry + 4));
    const Frame& frame = table.frames_.back();
    if (frame.size == 0 || frame.size > kFrameSize || frame.compressed > ZSTD_compressBound(kFrameSize)) return BadTable();
    total += frame.size;
  }
  if (total != size || table.end_ != begin - 8) return BadTable();
  return table;
}

StreamCompressor::StreamCompressor() : stream_(ZSTD_createCStream()) {
  ZSTD_CCtx_setParameter(static_cast<ZSTD_CStream*>(stream_), ZSTD_c_compressionLevel, kLevel);
}

StreamCompressor::~StreamCompressor() { ZSTD_freeCStream(static_cast<ZSTD_CStream*>(stream_)); }

std::string StreamCompressor::Add(std::string_view bytes, bool last) {
  auto* stream = static_cast<ZSTD_CStream*>(stream_);
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::string result;
  std::string buffer(ZSTD_CStreamOutSize(), '\0');
  size_t left;
  do {
    ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
    left = ZSTD_compressStream2(stream, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
    COW_CHECK(!ZSTD_isError(left));
    result.append(buffer.data(), out.pos);
  } while (last ? left != 0 : in.pos != in.size);
  return result;
}

StreamDecompressor::StreamDecompressor() : stream_(ZSTD_createDStream()) {
  ZSTD_DCtx_setParameter(static_cast<ZSTD_DStream*>(stream_), ZSTD_d_windowLogMax, 23);
}

StreamDecompressor::~StreamDecompressor() { ZSTD_freeDStream(static_cast<ZSTD_DStream*>(stream_)); }

absl::Status StreamDecompressor::Add(std::string_view bytes, size_t limit, std::string* out) {
  return Add(bytes, limit, [out](std::string_view part) {
    out->append(part);
    return absl::OkStatus();
  });
}

absl::Status StreamDecompressor::Add(std::string_view bytes, size_t limit,
                                     absl::FunctionRef<absl::Status(std::string_view)> sink) {
  auto* stream = static_cast<ZSTD_DStream*>(stream_);
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::string buffer(ZSTD_DStreamOutSize(), '\0');
  size_t given = 0;
  while (true) {
    ZSTD_outBuffer part{buffer.data(), buffer.size(), 0};
    const bool had_input = in.pos < in.size;
    const size_t left = ZSTD_decompressStream(stream, &part, &in);
    if (ZSTD_isError(left)) return absl::InvalidArgumentError(absl::StrCat("not zstd: ", ZSTD_getErrorName(left)));
    given += part.pos;
    if (given > limit) return absl::InvalidArgumentError("more bytes than were announced");
    COW_RETURN_IF_ERROR(sink(std::string_view(buffer.data(), part.pos)));
    if (had_input || part.pos > 0) complete_ = left == 0;
    if (in.pos == in.size && part.pos < part.size) return absl::OkStatus();
  }
}

}  // namespace cow::cache
