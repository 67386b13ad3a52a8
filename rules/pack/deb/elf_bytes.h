// Bounds-checked access to the tables of an ELF file.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace cow::pack {

// kDataLoss: `what` points to where no byte of the file is.
inline absl::Status DamagedElf(std::string_view what) {
  return absl::DataLossError(absl::StrCat("damaged ELF file: ", what, " lies outside of the file"));
}

// The plain structure at an offset of the file.
template <typename T>
absl::StatusOr<T> ElfStructAt(std::string_view bytes, uint64_t offset, std::string_view what) {
  T value;
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return DamagedElf(what);
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

}  // namespace cow::pack
