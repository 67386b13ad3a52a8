// ByteSource: where a stream of bytes comes from. Decompressors and tar readers are sources over sources.
// One thread at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/posix_file.h"
#include "rules/pack/io/byte_sink.h"

namespace cow::pack {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills up to `size` bytes; 0 means the end.
  virtual absl::StatusOr<size_t> Read(char* buffer, size_t size) = 0;
};

// Reads bytes that the caller keeps alive.
class StringSource final : public ByteSource {
 public:
  explicit StringSource(std::string_view bytes) : rest_(bytes) {}
  absl::StatusOr<size_t> Read(char* buffer, size_t size) override;

 private:
  std::string_view rest_;
};

class FileSource final : public ByteSource {
 public:
  static absl::StatusOr<std::unique_ptr<FileSource>> Open(const std::string& path);
  absl::StatusOr<size_t> Read(char* buffer, size_t size) override;

 private:
  FileSource(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  std::string path_;
  UniqueFd fd_;
};

// Reads until `size` bytes are there or the source ends; returns how many.
absl::StatusOr<size_t> ReadFully(ByteSource& source, char* buffer, size_t size);

// Moves everything to the sink (which is not finished).
absl::Status CopyAll(ByteSource& source, ByteSink& sink);

// The rest of the source; kResourceExhausted if it is longer than `limit`.
absl::StatusOr<std::string> ReadAll(ByteSource& source, size_t limit);

}  // namespace cow::pack
