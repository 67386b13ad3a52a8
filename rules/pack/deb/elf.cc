#include "rules/pack/deb/elf.h"

#include <elf.h>

#include <cstring>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "rules/pack/deb/elf_bytes.h"

namespace cow::pack {
namespace {

// Bounds-checked access to one file.
class ElfReader {
 public:
  explicit ElfReader(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  absl::StatusOr<T> At(uint64_t offset, std::string_view what) const {
    return ElfStructAt<T>(bytes_, offset, what);
  }

  absl::Status ReadSections() {
    COW_ASSIGN_OR_RETURN(auto header, At<Elf64_Ehdr>(0, "header"));
    machine_ = header.e_machine;
    for (uint64_t i = 0; i < header.e_shnum; ++i) {
      COW_ASSIGN_OR_RETURN(auto section,
                           At<Elf64_Shdr>(header.e_shoff + i * sizeof(Elf64_Shdr), "section header"));
      sections_.push_back(section);
    }
    return absl::OkStatus();
  }

  const Elf64_Shdr* Section(uint32_t type) const {
    for (const Elf64_Shdr& section : sections_) {
      if (section.sh_type == type) return &section;
    }
    return nullptr;
  }

  // Text at an index of the string table a section links to.
  absl::StatusOr<std::string> Text(const Elf64_Shdr& section, uint64_t index) const {
    if (section.sh_link >= sections_.size()) return DamagedElf("string table");
    const Elf64_Shdr& table = sections_[section.sh_link];
    if (table.sh_offset > bytes_.size() || index >= bytes_.size() - table.sh_offset) return DamagedElf("string");
    std::string_view rest = bytes_.substr(table.sh_offset + index);
    size_t end = rest.find('\0');
    if (end == std::string_view::npos) return DamagedElf("string");
    return std::string(rest.substr(0, end));
  }

  uint16_t machine() const { return machine_; }

 private:
  std::string_view bytes_;
  std::vector<Elf64_Shdr> sections_;
  uint16_t machine_ = 0;
};

absl::StatusOr<std::vector<std::string>> ReadNeeded(const ElfReader& elf) {
  std::vector<std::string> needed;
  const Elf64_Shdr* dynamic = elf.Section(SHT_DYNAMIC);
  if (dynamic == nullptr) return needed;
  for (uint64_t at = 0; at + sizeof(Elf64_Dyn) <= dynamic->sh_size; at += sizeof(Elf64_Dyn)) {
    COW_ASSIGN_OR_RETURN(auto entry, elf.At<Elf64_Dyn>(dynamic->sh_offset + at, "dynamic entry"));
    if (entry.d_tag == DT_NULL) break;
    if (entry.d_tag != DT_NEEDED) continue;
    COW_ASSIGN_OR_RETURN(std::string name, elf.Text(*dynamic, entry.d_un.d_val));
    needed.push_back(std::move(name));
  }
  return needed;
}

struct Version {
  std::string name;
  std::string library;
};

// Versions by the index that .gnu.version uses.
absl::StatusOr<std::map<uint16_t, Version>> ReadVersions(const ElfReader& elf) {
  std::map<uint16_t, Version> versions;
  const Elf64_Shdr* section = elf.Section(SHT_GNU_verneed);
  if (section == nullptr) return versions;
  uint64_t at = section->sh_offset;
  for (uint32_t i = 0; i < section->sh_info; ++i) {
    COW_ASSIGN_OR_RETURN(auto need, elf.At<Elf64_Verneed>(at, "version need"));
    COW_ASSIGN_OR_RETURN(std::string library, elf.Text(*section, need.vn_file));
    uint64_t aux_at = at + need.vn_aux;
    for (uint16_t j = 0; j < need.vn_cnt; ++j) {
      COW_ASSIGN_OR_RETURN(auto aux, elf.At<Elf64_Vernaux>(aux_at, "version"));
      COW_ASSIGN_OR_RETURN(std::string name, elf.Text(*section, aux.vna_name));
      versions[aux.vna_other & 0x7fff] = {std::move(name), library};
      aux_at += aux.vna_next;
    }
    at += need.vn_next;
  }
  return versions;
}

absl::StatusOr<std::vector<ElfSymbol>> ReadUndefined(const ElfReader& elf) {
  std::vector<ElfSymbol> symbols;
  const Elf64_Shdr* table = elf.Section(SHT_DYNSYM);
  if (table == nullptr) return symbols;
  COW_ASSIGN_OR_RETURN(auto versions, ReadVersions(elf));
  const Elf64_Shdr* indexes = elf.Section(SHT_GNU_versym);
  uint64_t count = table->sh_size / sizeof(Elf64_Sym);
  for (uint64_t i = 1; i < count; ++i) {
    COW_ASSIGN_OR_RETURN(auto raw, elf.At<Elf64_Sym>(table->sh_offset + i * sizeof(Elf64_Sym), "symbol"));
    if (raw.st_shndx != SHN_UNDEF) continue;
    ElfSymbol symbol{.name = {}, .version = {}, .library = {}, .weak = ELF64_ST_BIND(raw.st_info) == STB_WEAK};
    COW_ASSIGN_OR_RETURN(symbol.name, elf.Text(*table, raw.st_name));
    if (indexes != nullptr) {
      COW_ASSIGN_OR_RETURN(auto index, elf.At<uint16_t>(indexes->sh_offset + i * sizeof(uint16_t), "version index"));
      if (auto it = versions.find(index & 0x7fff); it != versions.end()) {
        symbol.version = it->second.name;
        symbol.library = it->second.library;
      }
    }
    symbols.push_back(std::move(symbol));
  }
  return symbols;
}

}  // namespace

absl::StatusOr<ElfFile> ReadElf(std::string_view bytes) {
  if (bytes.size() < EI_NIDENT || !bytes.starts_with(ELFMAG)) {
    return absl::InvalidArgumentError("not an ELF file");
  }
  if (bytes[EI_CLASS] != ELFCLASS64 || bytes[EI_DATA] != ELFDATA2LSB) {
    return absl::InvalidArgumentError("only 64-bit little-endian ELF files are supported");
  }
  ElfReader reader(bytes);
  COW_RETURN_IF_ERROR(reader.ReadSections());
  ElfFile elf;
  elf.machine = reader.machine();
  COW_ASSIGN_OR_RETURN(elf.needed, ReadNeeded(reader));
  COW_ASSIGN_OR_RETURN(elf.undefined, ReadUndefined(reader));
  return elf;
}

std::string_view DebianArchitecture(uint16_t machine) {
  switch (machine) {
    case EM_X86_64:
      return "amd64";
    case EM_AARCH64:
      return "arm64";
    case EM_RISCV:
      return "riscv64";
    case EM_PPC64:
      return "ppc64el";
    default:
      return "";
  }
}

}  // namespace cow::pack
