// The 512-byte header block of tar: field places and number forms shared by reader and writer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace cow::pack {

inline constexpr size_t kTarBlockSize = 512;

struct TarField {
  size_t offset;
  size_t size;
};
inline constexpr TarField kTarName{0, 100}, kTarMode{100, 8}, kTarUid{108, 8}, kTarGid{116, 8},
    kTarSize{124, 12}, kTarMtime{136, 12}, kTarChecksum{148, 8}, kTarType{156, 1},
    kTarLink{157, 100}, kTarMagic{257, 8}, kTarUser{265, 32}, kTarGroup{297, 32},
    kTarDevMajor{329, 8}, kTarDevMinor{337, 8}, kTarPrefix{345, 155};

// Sum of all bytes with the checksum field taken as spaces.
uint32_t TarChecksum(std::string_view block);

// Number of zero bytes after content of this size.
size_t TarPadding(int64_t size);

// Octal digits, or GNU base-256. kDataLoss if neither.
absl::StatusOr<int64_t> ParseTarNumber(std::string_view field);

// Largest value that fits a field of this width as octal digits and a NUL.
int64_t TarOctalLimit(TarField field);

// Text up to the first NUL.
std::string_view TarText(std::string_view block, TarField field);

}  // namespace cow::pack
