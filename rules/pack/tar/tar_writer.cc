#include "rules/pack/tar/tar_writer.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "rules/pack/tar/tar_block.h"

namespace cow::pack {
namespace {

using Block = std::string;

void PutText(Block& block, TarField field, std::string_view text) {
  block.replace(field.offset, std::min(field.size, text.size()), text.substr(0, field.size));
}

void PutNumber(Block& block, TarField field, int64_t value) {
  PutText(block, field, absl::StrFormat("%0*o", static_cast<int>(field.size - 1), value));
}

// GNU form of numbers too large for octal.
void PutBase256(Block& block, TarField field, int64_t value) {
  for (size_t i = field.size; i-- > 1; value >>= 8) {
    block[field.offset + i] = static_cast<char>(value & 0xff);
  }
  block[field.offset] = static_cast<char>(0x80);
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) > 0; });
}

// ustar splits a name over 100 bytes at a slash into prefix and name; no value if there is no such slash.
std::optional<std::pair<std::string_view, std::string_view>> SplitName(std::string_view name) {
  if (name.size() <= kTarName.size) return std::pair{std::string_view(), name};
  size_t first = name.size() - 1 - kTarName.size;
  size_t slash = name.find('/', first);
  if (slash == std::string_view::npos || slash == 0 || slash > kTarPrefix.size) return std::nullopt;
  if (slash + 1 == name.size()) return std::nullopt;
  return std::pair{name.substr(0, slash), name.substr(slash + 1)};
}

std::string PaxRecord(std::string_view key, std::string_view value) {
  size_t length = key.size() + value.size() + 3;
  size_t total = length + absl::StrCat(length).size();
  total = length + absl::StrCat(total).size();
  return absl::StrCat(total, " ", key, "=", value, "\n");
}

std::string PaxRecords(const TarEntry& entry) {
  std::string records;
  if (entry.gid > TarOctalLimit(kTarGid)) records += PaxRecord("gid", absl::StrCat(entry.gid));
  if (entry.link_target.size() > kTarLink.size || !IsAscii(entry.link_target)) {
    records += PaxRecord("linkpath", entry.link_target);
  }
  if (!SplitName(entry.name).has_value() || !IsAscii(entry.name)) {
    records += PaxRecord("path", entry.name);
  }
  if (entry.size > TarOctalLimit(kTarSize)) records += PaxRecord("size", absl::StrCat(entry.size));
  if (entry.uid > TarOctalLimit(kTarUid)) records += PaxRecord("uid", absl::StrCat(entry.uid));
  return records;
}

char TypeFlag(TarType type) {
  switch (type) {
    case TarType::kFile:
      return '0';
    case TarType::kHardLink:
      return '1';
    case TarType::kSymlink:
      return '2';
    case TarType::kDirectory:
      return '5';
  }
  return '0';
}

}  // namespace

absl::Status TarWriter::WriteBlock(const TarEntry& entry, char type, std::string_view name,
                                   std::string_view prefix) {
  Block block(kTarBlockSize, '\0');
  auto number = [&](TarField field, int64_t value) {
    if (value <= TarOctalLimit(field)) return PutNumber(block, field, value);
    if (format_ == TarFormat::kGnu) return PutBase256(block, field, value);
    PutNumber(block, field, 0);  // a pax record holds the value
  };
  PutText(block, kTarName, name);
  PutText(block, kTarPrefix, prefix);
  PutNumber(block, kTarMode, entry.mode & 07777);
  number(kTarUid, entry.uid);
  number(kTarGid, entry.gid);
  number(kTarSize, entry.size);
  number(kTarMtime, entry.mtime);
  block[kTarType.offset] = type;
  PutText(block, kTarLink, entry.link_target);
  PutText(block, kTarMagic, format_ == TarFormat::kGnu ? "ustar  " : std::string_view("ustar\00000", 8));
  PutText(block, kTarUser, entry.user_name);
  PutText(block, kTarGroup, entry.group_name);
  PutText(block, kTarChecksum, absl::StrFormat("%06o", TarChecksum(block)));
  block[kTarChecksum.offset + 6] = '\0';
  block[kTarChecksum.offset + 7] = ' ';
  return sink_.Write(block);
}

absl::Status TarWriter::WritePaxRecords(const TarEntry& entry) {
  std::string records = PaxRecords(entry);
  if (records.empty()) return absl::OkStatus();
  std::string_view plain = entry.name;
  while (plain.size() > 1 && plain.back() == '/') plain.remove_suffix(1);
  TarEntry header{.name = absl::StrCat("PaxHeaders/", PathBasename(plain).substr(0, 80)),
                  .mtime = entry.mtime,
                  .size = static_cast<int64_t>(records.size())};
  COW_RETURN_IF_ERROR(WriteBlock(header, 'x', header.name, ""));
  COW_RETURN_IF_ERROR(sink_.Write(records));
  return Pad(header.size);
}

absl::Status TarWriter::WriteGnuLongText(char type, std::string_view text) {
  TarEntry header{.name = "././@LongLink", .size = static_cast<int64_t>(text.size()) + 1};
  COW_RETURN_IF_ERROR(WriteBlock(header, type, header.name, ""));
  COW_RETURN_IF_ERROR(sink_.Write(text));
  COW_RETURN_IF_ERROR(sink_.Write(std::string_view("\0", 1)));
  return Pad(header.size);
}

absl::Status TarWriter::WriteHeader(const TarEntry& entry) {
  if (entry.mtime < 0 || entry.mtime > TarOctalLimit(kTarMtime)) {
    return absl::InvalidArgumentError(absl::StrCat("'", entry.name, "': mtime ", entry.mtime,
                                                   " does not fit into a tar header"));
  }
  if (format_ == TarFormat::kGnu) {
    if (entry.link_target.size() > kTarLink.size) {
      COW_RETURN_IF_ERROR(WriteGnuLongText('K', entry.link_target));
    }
    if (entry.name.size() > kTarName.size) COW_RETURN_IF_ERROR(WriteGnuLongText('L', entry.name));
    return WriteBlock(entry, TypeFlag(entry.type), entry.name, "");
  }
  COW_RETURN_IF_ERROR(WritePaxRecords(entry));
  auto split = SplitName(entry.name).value_or(
      std::pair{std::string_view(), std::string_view(entry.name).substr(0, kTarName.size)});
  return WriteBlock(entry, TypeFlag(entry.type), split.second, split.first);
}

absl::Status TarWriter::Pad(int64_t size) {
  static const std::string zeros(kTarBlockSize, '\0');
  return sink_.Write(std::string_view(zeros).substr(0, TarPadding(size)));
}

absl::Status TarWriter::Add(const TarEntry& entry) {
  TarEntry header = entry;
  header.size = 0;
  return WriteHeader(header);
}

absl::Status TarWriter::AddFile(TarEntry entry, const Content& content) {
  entry.type = TarType::kFile;
  entry.size = content.size();
  COW_RETURN_IF_ERROR(WriteHeader(entry));
  COW_RETURN_IF_ERROR(content.CopyTo(sink_));
  return Pad(entry.size);
}

absl::Status TarWriter::Finish() { return sink_.Write(std::string(2 * kTarBlockSize, '\0')); }

}  // namespace cow::pack
