#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "rules/pack/compress/compressor.h"

namespace cow::pack {
namespace {

constexpr size_t kChunk = 1 << 17;
constexpr uint64_t kXzMemoryLimit = uint64_t{1} << 30;

absl::Status Damaged(std::string_view format, std::string_view why) {
  return absl::DataLossError(absl::StrCat("damaged ", format, " stream: ", why));
}

// Gives back the bytes that were read to see the magic number, then the rest of the input.
class Lookahead {
 public:
  Lookahead(std::string head, ByteSource& rest) : head_(std::move(head)), rest_(rest) {}
  absl::StatusOr<size_t> Read(char* buffer, size_t size) {
    if (used_ == head_.size()) return rest_.Read(buffer, size);
    size_t n = std::min(size, head_.size() - used_);
    std::memcpy(buffer, head_.data() + used_, n);
    used_ += n;
    return n;
  }

 private:
  std::string head_;
  size_t used_ = 0;
  ByteSource& rest_;
};

class PlainSource final : public ByteSource {
 public:
  explicit PlainSource(Lookahead input) : input_(std::move(input)) {}
  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    return input_.Read(buffer, size);
  }

 private:
  Lookahead input_;
};

class GzipSource final : public ByteSource {
 public:
  explicit GzipSource(Lookahead input) : input_(std::move(input)), buffer_(kChunk) {
    COW_CHECK(inflateInit2(&stream_, 15 + 16) == Z_OK);
  }
  ~GzipSource() override { inflateEnd(&stream_); }

  absl::StatusOr<size_t> Read(char* out, size_t size) override {
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(std::min<size_t>(size, 1 << 30));
    const uInt wanted = stream_.avail_out;
    while (stream_.avail_out == wanted && size > 0) {
      if (stream_.avail_in == 0) COW_RETURN_IF_ERROR(Refill());
      if (stream_.avail_in == 0) {
        if (between_members_) return 0;
        return Damaged("gzip", "unexpected end");
      }
      if (between_members_) {
        inflateReset(&stream_);
        between_members_ = false;
      }
      int code = inflate(&stream_, Z_NO_FLUSH);
      if (code == Z_STREAM_END) {
        between_members_ = true;
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        return Damaged("gzip", stream_.msg == nullptr ? "bad data" : stream_.msg);
      }
    }
    return wanted - stream_.avail_out;
  }

 private:
  absl::Status Refill() {
    COW_ASSIGN_OR_RETURN(size_t n, input_.Read(buffer_.data(), buffer_.size()));
    stream_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
    stream_.avail_in = static_cast<uInt>(n);
    return absl::OkStatus();
  }

  Lookahead input_;
  std::vector<char> buffer_;
  z_stream stream_{};
  bool between_members_ = false;
};

class XzSource final : public ByteSource {
 public:
  explicit XzSource(Lookahead input) : input_(std::move(input)), buffer_(kChunk) {
    COW_CHECK(lzma_stream_decoder(&stream_, kXzMemoryLimit, LZMA_CONCATENATED) == LZMA_OK);
  }
  ~XzSource() override { lzma_end(&stream_); }

  absl::StatusOr<size_t> Read(char* out, size_t size) override {
    stream_.next_out = reinterpret_cast<uint8_t*>(out);
    stream_.avail_out = size;
    while (stream_.avail_out == size && size > 0 && !ended_) {
      if (stream_.avail_in == 0 && !input_ended_) {
        COW_ASSIGN_OR_RETURN(size_t n, input_.Read(buffer_.data(), buffer_.size()));
        stream_.next_in = reinterpret_cast<const uint8_t*>(buffer_.data());
        stream_.avail_in = n;
        input_ended_ = n == 0;
      }
      lzma_ret code = lzma_code(&stream_, input_ended_ ? LZMA_FINISH : LZMA_RUN);
      if (code == LZMA_STREAM_END) {
        ended_ = true;
      } else if (code == LZMA_BUF_ERROR) {
        return Damaged("xz", "unexpected end");
      } else if (code != LZMA_OK) {
        return Damaged("xz", absl::StrCat("code ", int{code}));
      }
    }
    return size - stream_.avail_out;
  }

 private:
  Lookahead input_;
  std::vector<char> buffer_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool input_ended_ = false;
  bool ended_ = false;
};

class ZstdSource final : public ByteSource {
 public:
  explicit ZstdSource(Lookahead input)
      : input_(std::move(input)), buffer_(kChunk), context_(ZSTD_createDCtx()) {
    COW_CHECK(context_ != nullptr);
  }
  ~ZstdSource() override { ZSTD_freeDCtx(context_); }

  absl::StatusOr<size_t> Read(char* out, size_t size) override {
    ZSTD_outBuffer output{out, size, 0};
    while (output.pos == 0 && size > 0) {
      if (in_.pos == in_.size) {
        COW_ASSIGN_OR_RETURN(size_t n, input_.Read(buffer_.data(), buffer_.size()));
        in_ = {buffer_.data(), n, 0};
        if (n == 0 && frame_open_) return Damaged("zstd", "unexpected end");
        if (n == 0) return 0;
      }
      size_t hint = ZSTD_decompressStream(context_, &output, &in_);
      if (ZSTD_isError(hint)) return Damaged("zstd", ZSTD_getErrorName(hint));
      frame_open_ = hint != 0;
    }
    return output.pos;
  }

 private:
  Lookahead input_;
  std::vector<char> buffer_;
  ZSTD_DCtx* context_;
  ZSTD_inBuffer in_{nullptr, 0, 0};
  bool frame_open_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ByteSource>> NewDecompressor(ByteSource& input) {
  using namespace std::string_view_literals;
  std::string head(6, '\0');
  COW_ASSIGN_OR_RETURN(size_t n, ReadFully(input, head.data(), head.size()));
  head.resize(n);
  auto starts = [&](std::string_view magic) { return head.compare(0, magic.size(), magic) == 0; };
  std::unique_ptr<ByteSource> source;
  if (starts("\x1f\x8b"sv)) {
    source = std::make_unique<GzipSource>(Lookahead(head, input));
  } else if (starts("\xfd" "7zXZ\0"sv)) {
    source = std::make_unique<XzSource>(Lookahead(head, input));
  } else if (starts("\x28\xb5\x2f\xfd"sv)) {
    source = std::make_unique<ZstdSource>(Lookahead(head, input));
  } else {
    source = std::make_unique<PlainSource>(Lookahead(head, input));
  }
  return source;
}

}  // namespace cow::pack
