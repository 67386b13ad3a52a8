// TarReader: reads ustar, pax and GNU (L, K) archives as a stream and trusts nothing in them.
//
// It refuses what no package of ours may contain: devices, fifos, sparse files, unknown types, damaged
// headers, archives over the limits. Names are returned as written; SafeArchivePath judges them.
// One thread at a time. Keeps a reference to the source.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rules/pack/io/byte_source.h"
#include "rules/pack/tar/tar_entry.h"

namespace cow::pack {

struct TarLimits {
  int64_t entries = 1'000'000;
  int64_t content_bytes = int64_t{64} << 30;  // in all
  int64_t text_bytes = 1 << 16;               // of one name, target or pax header
};

class TarReader final : public ByteSource {
 public:
  explicit TarReader(ByteSource& source, TarLimits limits = {}) : source_(source), limits_(limits) {}

  // The next entry, or no value at the end. Skips what is left of the current content.
  absl::StatusOr<std::optional<TarEntry>> Next();

  // Content of the current entry.
  absl::StatusOr<size_t> Read(char* buffer, size_t size) override;

 private:
  struct Overrides {
    std::optional<std::string> name, link_target;
    std::optional<int64_t> size, uid, gid;
  };

  absl::StatusOr<bool> ReadBlock(std::string& block);
  absl::Status Skip();
  absl::StatusOr<std::string> ReadText(int64_t size);
  absl::Status ReadPax(int64_t size, Overrides& overrides);
  absl::StatusOr<TarEntry> Decode(const std::string& block, const Overrides& overrides);

  ByteSource& source_;
  TarLimits limits_;
  int64_t content_left_ = 0;
  int64_t padding_left_ = 0;
  int64_t entries_seen_ = 0;
  int64_t bytes_seen_ = 0;
  bool ended_ = false;
};

// The path without leading "./" and trailing "/"; "" for the root itself. kInvalidArgument for an absolute
// path, "..", an empty or "." part, or a NUL.
absl::StatusOr<std::string> SafeArchivePath(std::string_view name);

}  // namespace cow::pack
