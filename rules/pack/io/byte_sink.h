// ByteSink: where a stream of bytes goes. Sinks are chained: tar writer -> compressor -> hasher -> file.
//
// Finish is called once, after the last Write, by whoever made the sink; a sink does not finish the next one.
// One thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/base/posix_file.h"

namespace cow::pack {

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual absl::Status Write(std::string_view bytes) = 0;
  virtual absl::Status Finish() = 0;
};

// Keeps the bytes.
class StringSink final : public ByteSink {
 public:
  absl::Status Write(std::string_view bytes) override;
  absl::Status Finish() override { return absl::OkStatus(); }
  std::string& bytes() { return bytes_; }

 private:
  std::string bytes_;
};

// Writes a new file (an existing one is replaced). Finish reports what closing says.
class FileSink final : public ByteSink {
 public:
  static absl::StatusOr<std::unique_ptr<FileSink>> Create(const std::string& path,
                                                          uint32_t mode = 0644);
  absl::Status Write(std::string_view bytes) override;
  absl::Status Finish() override;

 private:
  FileSink(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  absl::Status Flush();

  std::string path_;
  UniqueFd fd_;
  std::string pending_;
};

// Hashes and counts what passes through. `next` may be null: then bytes are only hashed.
class HashingSink final : public ByteSink {
 public:
  explicit HashingSink(ByteSink* next) : next_(next) {}
  absl::Status Write(std::string_view bytes) override;
  absl::Status Finish() override;
  // Valid after Finish.
  const Digest& digest() const { return digest_; }

 private:
  ByteSink* next_;
  Sha256 hasher_;
  Digest digest_;
};

}  // namespace cow::pack
