#include "engine/remote/endpoint/zstd_stream.h"

#include <zstd.h>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace cow::remote {
namespace {

constexpr int kLevel = 1;
constexpr int kLargestWindowLog = 23;

}  // namespace

Compressor::Compressor() : stream_(ZSTD_createCCtx()) {
  COW_CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(static_cast<ZSTD_CCtx*>(stream_), ZSTD_c_compressionLevel, kLevel)));
}

Compressor::~Compressor() { ZSTD_freeCCtx(static_cast<ZSTD_CCtx*>(stream_)); }

std::string Compressor::Add(std::string_view bytes, bool last) {
  std::string out;
  std::string buffer(ZSTD_CStreamOutSize(), '\0');
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  while (true) {
    ZSTD_outBuffer part{buffer.data(), buffer.size(), 0};
    const size_t left =
        ZSTD_compressStream2(static_cast<ZSTD_CCtx*>(stream_), &part, &in, last ? ZSTD_e_end : ZSTD_e_continue);
    COW_CHECK(!ZSTD_isError(left));
    out.append(buffer.data(), part.pos);
    if (last ? left == 0 : in.pos == in.size) return out;
  }
}

Decompressor::Decompressor() : stream_(ZSTD_createDCtx()) {
  COW_CHECK(!ZSTD_isError(
      ZSTD_DCtx_setParameter(static_cast<ZSTD_DCtx*>(stream_), ZSTD_d_windowLogMax, kLargestWindowLog)));
}

Decompressor::~Decompressor() { ZSTD_freeDCtx(static_cast<ZSTD_DCtx*>(stream_)); }

absl::Status Decompressor::Add(std::string_view bytes, absl::FunctionRef<absl::Status(std::string_view)> sink) {
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::string buffer(ZSTD_DStreamOutSize(), '\0');
  while (true) {
    ZSTD_outBuffer part{buffer.data(), buffer.size(), 0};
    const size_t left = ZSTD_decompressStream(static_cast<ZSTD_DCtx*>(stream_), &part, &in);
    if (ZSTD_isError(left)) return absl::DataLossError(absl::StrCat("what was sent is no zstd: ", ZSTD_getErrorName(left)));
    COW_RETURN_IF_ERROR(sink(std::string_view(buffer.data(), part.pos)));
    if (in.pos == in.size && part.pos < part.size) return absl::OkStatus();
  }
}

}  // namespace cow::remote
