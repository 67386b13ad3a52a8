// What packaging asks of an ELF file: which libraries and which versioned symbols of them it uses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace cow::pack {

struct ElfSymbol {
  std::string name;
  std::string version;  // "" if unversioned
  std::string library;  // soname the version comes from, "" if unversioned
  bool weak = false;
};

struct ElfFile {
  uint16_t machine = 0;  // EM_*
  std::vector<std::string> needed;
  std::vector<ElfSymbol> undefined;
};

// 64-bit little-endian files (amd64, arm64, riscv64, ppc64el); kInvalidArgument otherwise, kDataLoss for
// tables that point outside of the file. A static program has neither libraries nor symbols.
absl::StatusOr<ElfFile> ReadElf(std::string_view bytes);

// "amd64" for EM_X86_64 and so on, "" if unknown.
std::string_view DebianArchitecture(uint16_t machine);

}  // namespace cow::pack
