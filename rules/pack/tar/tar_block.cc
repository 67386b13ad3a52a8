#include "rules/pack/tar/tar_block.h"

#include "absl/strings/str_cat.h"

namespace cow::pack {

uint32_t TarChecksum(std::string_view block) {
  uint32_t sum = 0;
  for (size_t i = 0; i < block.size(); ++i) {
    bool in_checksum = i >= kTarChecksum.offset && i < kTarChecksum.offset + kTarChecksum.size;
    sum += in_checksum ? ' ' : static_cast<unsigned char>(block[i]);
  }
  return sum;
}

size_t TarPadding(int64_t size) {
  size_t rest = static_cast<size_t>(size) % kTarBlockSize;
  return rest == 0 ? 0 : kTarBlockSize - rest;
}

static absl::StatusOr<int64_t> ParseBase256(std::string_view field) {
  uint64_t value = static_cast<unsigned char>(field[0]) & 0x7f;
  for (char c : field.substr(1)) {
    if (value >> 55 != 0) return absl::DataLossError("tar number is out of range");
    value = value << 8 | static_cast<unsigned char>(c);
  }
  return static_cast<int64_t>(value);
}

absl::StatusOr<int64_t> ParseTarNumber(std::string_view field) {
  if (!field.empty() && static_cast<unsigned char>(field[0]) == 0x80) return ParseBase256(field);
  int64_t value = 0;
  size_t i = 0;
  while (i < field.size() && field[i] == ' ') ++i;
  for (; i < field.size() && field[i] >= '0' && field[i] <= '7'; ++i) {
    value = value * 8 + (field[i] - '0');
  }
  for (; i < field.size(); ++i) {
    if (field[i] != ' ' && field[i] != '\0') return absl::DataLossError("bad octal number in tar header");
  }
  return value;
}

int64_t TarOctalLimit(TarField field) { return (int64_t{1} << (3 * (field.size - 1))) - 1; }

std::string_view TarText(std::string_view block, TarField field) {
  std::string_view text = block.substr(field.offset, field.size);
  return text.substr(0, text.find('\0'));
}

}  // namespace cow::pack
