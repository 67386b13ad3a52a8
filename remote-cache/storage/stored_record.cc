#include "remote-cache/storage/stored_record.h"

#include <cstring>

namespace cow::cache {
namespace {

constexpr uint8_t kVersion = 1;

// Little-endian machines only, like all that cow runs on.
struct Fixed {
  uint8_t version;
  uint8_t form;
  uint8_t padding[6];
  int64_t size;
  int64_t stored;
  uint64_t generation;
  int64_t used_minute;
  uint64_t boot;
  int64_t written_ns;
};
static_assert(sizeof(Fixed) == 56);

}  // namespace

std::string EncodeRecord(const StoredRecord& record) {
  const Fixed fixed{kVersion, static_cast<uint8_t>(record.form), {}, record.size, record.stored,
                    record.generation, record.used_minute, record.boot, record.written_ns};
  std::string bytes(sizeof(fixed), '\0');
  std::memcpy(bytes.data(), &fixed, sizeof(fixed));
  return bytes += record.data;
}

std::optional<StoredRecord> DecodeRecord(std::string_view bytes) {
  Fixed fixed;
  if (bytes.size() < sizeof(fixed)) return std::nullopt;
  std::memcpy(&fixed, bytes.data(), sizeof(fixed));
  if (fixed.version != kVersion || fixed.form > static_cast<uint8_t>(StoredRecord::Form::kFrames)) return std::nullopt;
  StoredRecord record;
  record.form = static_cast<StoredRecord::Form>(fixed.form);
  record.size = fixed.size;
  record.stored = fixed.stored;
  record.generation = fixed.generation;
  record.used_minute = fixed.used_minute;
  record.boot = fixed.boot;
  record.written_ns = fixed.written_ns;
  record.data = bytes.substr(sizeof(fixed));
  return record;
}

int64_t RoomOf(const StoredRecord& record) {
  constexpr int64_t kBlock = 4096;
  constexpr int64_t kIndex = 128;
  constexpr int64_t kSharesPage = 1900;  // larger values have pages of their own in the index
  const auto inline_bytes = static_cast<int64_t>(record.data.size());
  if (record.form == StoredRecord::Form::kInline && inline_bytes <= kSharesPage) return inline_bytes + kIndex;
  const int64_t bytes = record.form == StoredRecord::Form::kInline ? inline_bytes + kIndex : record.stored;
  return (bytes + kBlock - 1) / kBlock * kBlock + kIndex;
}

}  // namespace cow::cache
