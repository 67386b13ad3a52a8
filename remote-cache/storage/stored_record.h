// StoredRecord: what the index knows of one blob or result. Regular value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cow::cache {

struct StoredRecord {
  enum class Form : uint8_t {
    kInline,  // the bytes are `data`
    kRaw,     // a file with the bytes
    kFrames,  // a file of zstd frames, see frames.h
  };
  Form form = Form::kInline;
  int64_t size = 0;         // of the blob
  int64_t stored = 0;       // bytes it takes on disk
  uint64_t generation = 0;  // part of the file's name: a file is never written twice
  int64_t used_minute = 0;  // last use, minutes since 1970; up to ten minutes older than the truth
  uint64_t boot = 0;        // of the system, when the file was written
  int64_t written_ns = 0;   // since that boot
  std::string data{};
};

std::string EncodeRecord(const StoredRecord& record);
// nullopt: another version.
std::optional<StoredRecord> DecodeRecord(std::string_view bytes);

// Bytes of the disk: whole blocks and a share of the index.
int64_t RoomOf(const StoredRecord& record);

}  // namespace cow::cache
