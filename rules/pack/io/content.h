// Content: immutable bytes of known size that can be streamed any number of times: text made here, a file
// of the disk, or a tar that is only written when it is asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "rules/pack/io/byte_sink.h"

namespace cow::pack {

class Content {
 public:
  virtual ~Content() = default;
  virtual int64_t size() const = 0;
  // Writes exactly size() bytes, or fails.
  virtual absl::Status CopyTo(ByteSink& sink) const = 0;
};
using ContentPtr = std::shared_ptr<const Content>;

ContentPtr BytesContent(std::string bytes);

// A regular file (symlinks are followed). Fails later, in CopyTo, if the file changed its size meanwhile.
absl::StatusOr<ContentPtr> FileContent(const std::string& path);

absl::StatusOr<Digest> DigestOf(const Content& content);
absl::StatusOr<bool> SameBytes(const Content& a, const Content& b);
absl::StatusOr<std::string> ReadContent(const Content& content);
absl::Status WriteContent(const Content& content, const std::string& path, uint32_t mode);

}  // namespace cow::pack
