#include "rules/pack/compress/compressor.h"

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace cow::pack {
namespace {

constexpr size_t kChunk = 1 << 17;
constexpr int kUnixOs = 3;

class PlainSink final : public ByteSink {
 public:
  explicit PlainSink(ByteSink& next) : next_(next) {}
  absl::Status Write(std::string_view bytes) override { return next_.Write(bytes); }
  absl::Status Finish() override { return absl::OkStatus(); }

 private:
  ByteSink& next_;
};

class GzipSink final : public ByteSink {
 public:
  GzipSink(int level, ByteSink& next) : next_(next), buffer_(kChunk) {
    COW_CHECK(deflateInit2(&stream_, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    header_.os = kUnixOs;
    COW_CHECK(deflateSetHeader(&stream_, &header_) == Z_OK);
  }
  ~GzipSink() override { deflateEnd(&stream_); }

  absl::Status Write(std::string_view bytes) override {
    // avail_in is 32 bits wide.
    while (!bytes.empty()) {
      std::string_view part = bytes.substr(0, 1 << 30);
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
      stream_.avail_in = static_cast<uInt>(part.size());
      while (stream_.avail_in > 0) COW_RETURN_IF_ERROR(Step(Z_NO_FLUSH));
      bytes.remove_prefix(part.size());
    }
    return absl::OkStatus();
  }

  absl::Status Finish() override {
    stream_.avail_in = 0;
    do {
      COW_RETURN_IF_ERROR(Step(Z_FINISH));
    } while (!ended_);
    return absl::OkStatus();
  }

 private:
  absl::Status Step(int flush) {
    stream_.next_out = reinterpret_cast<Bytef*>(buffer_.data());
    stream_.avail_out = static_cast<uInt>(buffer_.size());
    int code = deflate(&stream_, flush);
    COW_CHECK(code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR);
    ended_ = code == Z_STREAM_END;
    return next_.Write({buffer_.data(), buffer_.size() - stream_.avail_out});
  }

  ByteSink& next_;
  std::vector<char> buffer_;
  z_stream stream_{};
  gz_header header_{};
  bool ended_ = false;
};

class XzSink final : public ByteSink {
 public:
  explicit XzSink(ByteSink& next) : next_(next), buffer_(kChunk) {
    COW_CHECK(lzma_easy_encoder(&stream_, 6, LZMA_CHECK_CRC64) == LZMA_OK);
  }
  ~XzSink() override { lzma_end(&stream_); }

  absl::Status Write(std::string_view bytes) override {
    stream_.next_in = reinterpret_cast<const uint8_t*>(bytes.data());
    stream_.avail_in = bytes.size();
    while (stream_.avail_in > 0) COW_RETURN_IF_ERROR(Step(LZMA_RUN));
    return absl::OkStatus();
  }

  absl::Status Finish() override {
    stream_.avail_in = 0;
    do {
      COW_RETURN_IF_ERROR(Step(LZMA_FINISH));
    } while (!ended_);
    return absl::OkStatus();
  }

 private:
  absl::Status Step(lzma_action action) {
    stream_.next_out = reinterpret_cast<uint8_t*>(buffer_.data());
    stream_.avail_out = buffer_.size();
    lzma_ret code = lzma_code(&stream_, action);
    if (code != LZMA_OK && code != LZMA_STREAM_END) {
      return absl::ResourceExhaustedError(absl::StrCat("xz encoder failed with code ", int{code}));
    }
    ended_ = code == LZMA_STREAM_END;
    return next_.Write({buffer_.data(), buffer_.size() - stream_.avail_out});
  }

  ByteSink& next_;
  std::vector<char> buffer_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool ended_ = false;
};

class ZstdSink final : public ByteSink {
 public:
  ZstdSink(ByteSink& next, int64_t size_hint)
      : next_(next), buffer_(ZSTD_CStreamOutSize()), context_(ZSTD_createCCtx()) {
    COW_CHECK(context_ != nullptr);
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, 3);
    ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
    if (size_hint >= 0) ZSTD_CCtx_setPledgedSrcSize(context_, static_cast<uint64_t>(size_hint));
  }
  ~ZstdSink() override { ZSTD_freeCCtx(context_); }

  // The block splitting of libzstd depends on how the input is cut, so it is always fed in whole chunks.
  absl::Status Write(std::string_view bytes) override {
    while (!bytes.empty()) {
      std::string_view part = bytes.substr(0, kChunk - pending_.size());
      pending_.append(part);
      bytes.remove_prefix(part.size());
      if (pending_.size() == kChunk) COW_RETURN_IF_ERROR(Drain(ZSTD_e_continue));
    }
    return absl::OkStatus();
  }
  absl::Status Finish() override { return Drain(ZSTD_e_end); }

 private:
  absl::Status Drain(ZSTD_EndDirective directive) {
    ZSTD_inBuffer in{pending_.data(), pending_.size(), 0};
    while (true) {
      ZSTD_outBuffer out{buffer_.data(), buffer_.size(), 0};
      size_t left = ZSTD_compressStream2(context_, &out, &in, directive);
      if (ZSTD_isError(left)) {
        return absl::ResourceExhaustedError(
            absl::StrCat("zstd encoder failed: ", ZSTD_getErrorName(left)));
      }
      COW_RETURN_IF_ERROR(next_.Write({buffer_.data(), out.pos}));
      if (directive == ZSTD_e_end ? left == 0 : in.pos == in.size) break;
    }
    pending_.clear();
    return absl::OkStatus();
  }

  ByteSink& next_;
  std::vector<char> buffer_;
  ZSTD_CCtx* context_;
  std::string pending_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ByteSink>> NewCompressor(Compression compression, ByteSink& next,
                                                        int64_t size_hint) {
  std::unique_ptr<ByteSink> sink;
  switch (compression) {
    case Compression::kNone:
      sink = std::make_unique<PlainSink>(next);
      break;
    case Compression::kGzip:
      sink = std::make_unique<GzipSink>(6, next);
      break;
    case Compression::kGzipMax:
      sink = std::make_unique<GzipSink>(9, next);
      break;
    case Compression::kXz:
      sink = std::make_unique<XzSink>(next);
      break;
    case Compression::kZstd:
      sink = std::make_unique<ZstdSink>(next, size_hint);
      break;
  }
  return sink;
}

absl::StatusOr<std::string> Compress(Compression compression, std::string_view bytes) {
  StringSink out;
  COW_ASSIGN_OR_RETURN(auto sink,
                       NewCompressor(compression, out, static_cast<int64_t>(bytes.size())));
  COW_RETURN_IF_ERROR(sink->Write(bytes));
  COW_RETURN_IF_ERROR(sink->Finish());
  return std::move(out.bytes());
}

}  // namespace cow::pack
