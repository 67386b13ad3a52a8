#include "engine/store/record_seal.h"

#include "absl/strings/str_cat.h"
#include "engine/base/digest.h"

namespace cow::store {
namespace {

constexpr char kVersion = 1;
constexpr size_t kChecksumSize = 16;
constexpr size_t kHeaderSize = 1 + kChecksumSize;

std::string Checksum(uint8_t table, std::string_view key, std::string_view value) {
  Sha256 hash;
  // The key's length keeps key and value apart.
  char head[4] = {kVersion, static_cast<char>(table), static_cast<char>(key.size() >> 8), static_cast<char>(key.size())};
  hash.Update({head, sizeof(head)});
  hash.Update(key);
  hash.Update(value);
  return std::string(hash.Finish().hash_view().substr(0, kChecksumSize));
}

}  // namespace

std::string SealRecord(uint8_t table, std::string_view key, std::string_view value) {
  return absl::StrCat(std::string_view(&kVersion, 1), Checksum(table, key, value), value);
}

std::optional<std::string_view> UnsealRecord(uint8_t table, std::string_view key, std::string_view sealed) {
  if (sealed.size() < kHeaderSize || sealed.front() != kVersion) return std::nullopt;
  std::string_view value = sealed.substr(kHeaderSize);
  if (Checksum(table, key, value) != sealed.substr(1, kChecksumSize)) return std::nullopt;
  return value;
}

}  // namespace cow::store
