#include "rules/pack/deb/own_loader.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "rules/pack/deb/elf_bytes.h"
#include "rules/pack/deb/usrmerge.h"

namespace cow::pack {
namespace {

constexpr uint64_t kPage = 4096;
constexpr size_t kNone = static_cast<size_t>(-1);

bool IsElf64(std::string_view bytes) {
  return bytes.size() >= sizeof(Elf64_Ehdr) && bytes.substr(0, SELFMAG) == ELFMAG &&
         bytes[EI_CLASS] == ELFCLASS64 && bytes[EI_DATA] == ELFDATA2LSB;
}

// The headers and the dynamic section of one file, by value, with the places they came from.
class Program {
 public:
  static absl::StatusOr<Program> Read(std::string_view bytes) {
    Program program(bytes);
    COW_ASSIGN_OR_RETURN(auto header, program.At<Elf64_Ehdr>(0, "header"));
    program.headers_at_ = header.e_phoff;
    for (uint64_t i = 0; i < header.e_phnum; ++i) {
      COW_ASSIGN_OR_RETURN(auto one, program.At<Elf64_Phdr>(program.HeaderPlace(i), "program header"));
      program.headers_.push_back(one);
    }
    COW_RETURN_IF_ERROR(program.ReadDynamic());
    return program;
  }

  uint64_t HeaderPlace(size_t index) const { return headers_at_ + index * sizeof(Elf64_Phdr); }
  uint64_t DynamicPlace(size_t index) const { return dynamic_at_ + index * sizeof(Elf64_Dyn); }
  const std::vector<Elf64_Phdr>& headers() const { return headers_; }
  const std::vector<Elf64_Dyn>& dynamic() const { return dynamic_; }

  size_t HeaderOf(uint32_t type) const {
    auto found = std::find_if(headers_.begin(), headers_.end(), [&](const Elf64_Phdr& one) { return one.p_type == type; });
    return found == headers_.end() ? kNone : static_cast<size_t>(found - headers_.begin());
  }
  size_t EntryOf(int64_t tag) const {
    auto found = std::find_if(dynamic_.begin(), dynamic_.end(), [&](const Elf64_Dyn& one) { return one.d_tag == tag; });
    return found == dynamic_.end() ? kNone : static_cast<size_t>(found - dynamic_.begin());
  }

  // A text of the file that ends with a zero byte.
  absl::StatusOr<std::string> Text(uint64_t offset, std::string_view what) const {
    if (offset >= bytes_.size()) return DamagedElf(what);
    size_t end = bytes_.find('\0', offset);
    if (end == std::string_view::npos) return DamagedElf(what);
    return std::string(bytes_.substr(offset, end - offset));
  }

  // Where in the file what is loaded at `address` lies.
  absl::StatusOr<uint64_t> OffsetOf(uint64_t address, std::string_view what) const {
    for (const Elf64_Phdr& one : headers_) {
      if (one.p_type == PT_LOAD && address >= one.p_vaddr && address - one.p_vaddr < one.p_filesz) {
        return one.p_offset + (address - one.p_vaddr);
      }
    }
    return DamagedElf(what);
  }

 private:
  explicit Program(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  absl::StatusOr<T> At(uint64_t offset, std::string_view what) const {
    return ElfStructAt<T>(bytes_, offset, what);
  }

  absl::Status ReadDynamic() {
    const size_t place = HeaderOf(PT_DYNAMIC);
    if (place == kNone) return absl::OkStatus();
    dynamic_at_ = headers_[place].p_offset;
    for (uint64_t i = 0; i < headers_[place].p_filesz / sizeof(Elf64_Dyn); ++i) {
      COW_ASSIGN_OR_RETURN(auto entry, At<Elf64_Dyn>(DynamicPlace(i), "dynamic entry"));
      dynamic_.push_back(entry);
    }
    return absl::OkStatus();
  }

  std::string_view bytes_;
  uint64_t headers_at_ = 0;
  uint64_t dynamic_at_ = 0;
  std::vector<Elf64_Phdr> headers_;
  std::vector<Elf64_Dyn> dynamic_;
};

// Zero bytes that are loaded because the page of a read-only segment is: (header of the segment, offset in the file).
absl::StatusOr<std::pair<size_t, uint64_t>> FindPadding(const Program& program, std::string_view bytes, size_t size) {
  const std::vector<Elf64_Phdr>& headers = program.headers();
  for (size_t i = 0; i < headers.size(); ++i) {
    const Elf64_Phdr& one = headers[i];
    if (one.p_type != PT_LOAD || (one.p_flags & PF_W) != 0 || one.p_filesz != one.p_memsz) continue;
    const uint64_t end = one.p_offset + one.p_filesz;
    uint64_t limit = (end + kPage - 1) / kPage * kPage;
    for (const Elf64_Phdr& other : headers) {
      if (other.p_type == PT_LOAD && other.p_offset >= end) limit = std::min<uint64_t>(limit, other.p_offset);
      if (other.p_type == PT_LOAD && other.p_vaddr > one.p_vaddr) {
        limit = std::min<uint64_t>(limit, one.p_offset + (other.p_vaddr / kPage * kPage - one.p_vaddr));
      }
    }
    limit = std::min<uint64_t>(limit, bytes.size());
    if (limit < end || limit - end < size) continue;
    std::string_view room = bytes.substr(end, size);
    if (room.find_first_not_of('\0') == std::string_view::npos) return std::pair(i, end);
  }
  return absl::InvalidArgumentError(absl::StrCat("has no ", size, " bytes of padding for a library path"));
}

// The dynamic entry for DT_RPATH: the one there is, or a spare one. DT_RPATH, not DT_RUNPATH: it holds for the libraries
// of libraries too, and the environment does not override it.
absl::StatusOr<size_t> PathEntry(const Program& program) {
  for (int64_t tag : {DT_RPATH, DT_RUNPATH}) {
    if (size_t entry = program.EntryOf(tag); entry != kNone) return entry;
  }
  const size_t spare = program.EntryOf(DT_NULL);
  if (spare == kNone || spare + 1 >= program.dynamic().size()) {
    return absl::InvalidArgumentError("has no spare dynamic entry for a library path");
  }
  return spare;
}

template <typename T>
void Put(std::string& bytes, uint64_t place, const T& value) {
  std::memcpy(bytes.data() + place, &value, sizeof(T));
}

absl::StatusOr<std::string> LibraryPath(const Program& program, std::string_view wanted, uint64_t strings, size_t entry) {
  const Elf64_Dyn& present = program.dynamic()[entry];
  if (present.d_tag == DT_NULL) return std::string(wanted);
  COW_ASSIGN_OR_RETURN(uint64_t table, program.OffsetOf(strings, "string table"));
  COW_ASSIGN_OR_RETURN(std::string old, program.Text(table + present.d_un.d_val, "library path"));
  return absl::StrCat(wanted, ":", old);
}

absl::Status SetLibraries(const Program& program, const std::string& libraries, std::string& bytes) {
  const size_t table = program.EntryOf(DT_STRTAB);
  if (table == kNone) return absl::InvalidArgumentError("has no table of dynamic strings");
  const uint64_t strings = program.dynamic()[table].d_un.d_ptr;
  COW_ASSIGN_OR_RETURN(size_t entry, PathEntry(program));
  COW_ASSIGN_OR_RETURN(std::string path, LibraryPath(program, libraries, strings, entry));
  COW_ASSIGN_OR_RETURN(auto room, FindPadding(program, bytes, path.size() + 1));
  const auto [segment, offset] = room;
  Elf64_Phdr header = program.headers()[segment];
  Elf64_Dyn made;
  made.d_tag = DT_RPATH;
  // The loader adds it to the address of the table, in 64 bits: a text before the table is found too.
  made.d_un.d_val = header.p_vaddr + (offset - header.p_offset) - strings;
  bytes.replace(offset, path.size(), path);
  header.p_filesz += path.size() + 1;
  header.p_memsz = header.p_filesz;
  Put(bytes, program.HeaderPlace(segment), header);
  Put(bytes, program.DynamicPlace(entry), made);
  return absl::OkStatus();
}

// The kernel reads the name from the file; the loader reads its own name from memory, where the old one stays.
void SetInterpreter(const Program& program, const std::string& interpreter, std::string& bytes) {
  const size_t index = program.HeaderOf(PT_INTERP);
  Elf64_Phdr header = program.headers()[index];
  header.p_offset = bytes.size();
  header.p_filesz = interpreter.size() + 1;
  Put(bytes, program.HeaderPlace(index), header);
  bytes.append(interpreter).push_back('\0');
}

absl::StatusOr<std::string> Interpreter(const Program& program) {
  const size_t index = program.HeaderOf(PT_INTERP);
  if (index == kNone || program.EntryOf(DT_SONAME) != kNone) return "";
  return program.Text(program.headers()[index].p_offset, "interpreter");
}

// Follows symlinks of the tree. Whether there is something at `path`.
bool Leads(FileTree& tree, std::string path) {
  for (int links = 0; links < 40; ++links) {
    const Node* node = tree.Find(path);
    if (node == nullptr) return false;
    if (node->kind != NodeKind::kSymlink) return true;
    absl::StatusOr<std::string> next = ResolveLink(path, node->link_target);
    if (!next.ok()) return false;
    path = *std::move(next);
  }
  return false;
}

std::string FromOrigin(std::string_view program, std::string_view directory) {
  std::string target = RelativeTarget(program, directory);
  return absl::StrCat("$ORIGIN/", target);
}

std::string_view LibraryDirectory(std::string_view bytes) {
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  return header.e_machine == EM_AARCH64 ? "usr/lib/aarch64-linux-gnu" : "usr/lib/x86_64-linux-gnu";
}

// A library with DT_RUNPATH is not interested in where its program finds libraries; with DT_RPATH, in both.
absl::Status UseLibrariesOfProgram(std::string& bytes, Node& node) {
  if (!IsElf64(bytes)) return absl::OkStatus();
  COW_ASSIGN_OR_RETURN(Program library, Program::Read(bytes));
  const size_t entry = library.EntryOf(DT_RUNPATH);
  if (entry == kNone) return absl::OkStatus();
  Elf64_Dyn changed = library.dynamic()[entry];
  changed.d_tag = DT_RPATH;
  Put(bytes, library.DynamicPlace(entry), changed);
  node.content = BytesContent(std::move(bytes));
  return absl::OkStatus();
}

absl::Status UseOwnLoaderIn(FileTree& tree, std::string_view place, const std::string& path, Node& node) {
  COW_ASSIGN_OR_RETURN(std::string bytes, ReadContent(*node.content));
  COW_ASSIGN_OR_RETURN(std::string interpreter, InterpreterOf(bytes));
  if (interpreter.empty()) return UseLibrariesOfProgram(bytes, node);
  const std::string inside = MergeUsr(std::string_view(interpreter).substr(interpreter.starts_with('/') ? 1 : 0));
  if (!Leads(tree, inside)) {
    return absl::InvalidArgumentError(
        absl::StrCat("is started by ", interpreter, ", which none of the packages holds; add the one with the C library"));
  }
  OwnLoader loader{.interpreter = JoinPath(place, inside), .libraries = FromOrigin(path, LibraryDirectory(bytes))};
  COW_ASSIGN_OR_RETURN(bytes, WithOwnLoader(std::move(bytes), loader));
  node.content = BytesContent(std::move(bytes));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> InterpreterOf(std::string_view bytes) {
  if (!IsElf64(bytes)) return "";
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.e_type != ET_EXEC && header.e_type != ET_DYN) return "";
  COW_ASSIGN_OR_RETURN(Program program, Program::Read(bytes));
  return Interpreter(program);
}

absl::StatusOr<std::string> WithOwnLoader(std::string bytes, const OwnLoader& loader) {
  // The strings read from `original` stay valid while `bytes` changes.
  const std::string original = bytes;
  COW_ASSIGN_OR_RETURN(Program program, Program::Read(original));
  COW_RETURN_IF_ERROR(SetLibraries(program, loader.libraries, bytes));
  SetInterpreter(program, loader.interpreter, bytes);
  return bytes;
}

absl::Status UseOwnLoader(FileTree& tree, std::string_view place) {
  std::vector<std::string> files;
  for (const auto& [path, node] : tree.nodes()) {
    if (node.kind == NodeKind::kFile) files.push_back(path);
  }
  for (const std::string& path : files) {
    COW_RETURN_IF_ERROR(Annotate(UseOwnLoaderIn(tree, place, path, *tree.Find(path)), path));
  }
  return absl::OkStatus();
}

}  // namespace cow::pack
