#include "rules/pack/tar/tar_reader.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/base/status.h"
#include "rules/pack/tar/tar_block.h"

namespace cow::pack {
namespace {

absl::Status Damaged(std::string_view why) {
  return absl::DataLossError(absl::StrCat("damaged tar: ", why));
}

std::string_view Field(const std::string& block, TarField field) {
  return std::string_view(block).substr(field.offset, field.size);
}

absl::StatusOr<TarType> TypeOf(char flag, std::string_view name) {
  switch (flag) {
    case '0':
    case '\0':
    case '7':
      return name.ends_with('/') ? TarType::kDirectory : TarType::kFile;
    case '1':
      return TarType::kHardLink;
    case '2':
      return TarType::kSymlink;
    case '5':
      return TarType::kDirectory;
    case '3':
    case '4':
    case '6':
      return absl::InvalidArgumentError(absl::StrCat("'", name, "' is a device or fifo"));
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("'", name, "' has unsupported tar type '", std::string(1, flag), "'"));
  }
}

}  // namespace

absl::StatusOr<bool> TarReader::ReadBlock(std::string& block) {
  block.assign(kTarBlockSize, '\0');
  COW_ASSIGN_OR_RETURN(size_t n, ReadFully(source_, block.data(), block.size()));
  if (n == 0) return false;
  if (n != kTarBlockSize) return Damaged("unexpected end in a header");
  return true;
}

absl::Status TarReader::Skip() {
  std::vector<char> scratch(1 << 16);
  int64_t left = content_left_ + padding_left_;
  while (left > 0) {
    auto want = static_cast<size_t>(std::min<int64_t>(left, static_cast<int64_t>(scratch.size())));
    COW_ASSIGN_OR_RETURN(size_t n, ReadFully(source_, scratch.data(), want));
    if (n != want) return Damaged("unexpected end in a member's content");
    left -= static_cast<int64_t>(n);
  }
  content_left_ = padding_left_ = 0;
  return absl::OkStatus();
}

absl::StatusOr<size_t> TarReader::Read(char* buffer, size_t size) {
  auto want = static_cast<size_t>(std::min<int64_t>(static_cast<int64_t>(size), content_left_));
  if (want == 0) return 0;
  COW_ASSIGN_OR_RETURN(size_t n, source_.Read(buffer, want));
  if (n == 0) return Damaged("unexpected end in a member's content");
  content_left_ -= static_cast<int64_t>(n);
  return n;
}

absl::StatusOr<std::string> TarReader::ReadText(int64_t size) {
  if (size < 0 || size > limits_.text_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("tar name or header of ", size, " bytes, limit is ", limits_.text_bytes));
  }
  std::string text(static_cast<size_t>(size) + TarPadding(size), '\0');
  COW_ASSIGN_OR_RETURN(size_t n, ReadFully(source_, text.data(), text.size()));
  if (n != text.size()) return Damaged("unexpected end in a long name");
  text.resize(static_cast<size_t>(size));
  return text;
}

absl::Status TarReader::ReadPax(int64_t size, Overrides& overrides) {
  COW_ASSIGN_OR_RETURN(std::string records, ReadText(size));
  std::string_view rest = records;
  while (!rest.empty()) {
    size_t space = rest.find(' ');
    size_t length = 0;
    if (space == std::string_view::npos || !absl::SimpleAtoi(rest.substr(0, space), &length) ||
        length <= space + 1 || length > rest.size() || rest[length - 1] != '\n') {
      return Damaged("bad pax record");
    }
    std::string_view record = rest.substr(space + 1, length - space - 2);
    rest.remove_prefix(length);
    size_t equals = record.find('=');
    if (equals == std::string_view::npos) return Damaged("bad pax record");
    std::string_view key = record.substr(0, equals);
    std::string_view value = record.substr(equals + 1);
    int64_t number = 0;
    if (key == "size" || key == "uid" || key == "gid") {
      if (!absl::SimpleAtoi(value, &number) || number < 0) return Damaged("bad pax number");
      (key == "size" ? overrides.size : key == "uid" ? overrides.uid : overrides.gid) = number;
    } else if (key == "path") {
      overrides.name = std::string(value);
    } else if (key == "linkpath") {
      overrides.link_target = std::string(value);
    } else if (key.starts_with("GNU.sparse")) {
      return absl::InvalidArgumentError("sparse files are not supported");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<TarEntry> TarReader::Decode(const std::string& block, const Overrides& overrides) {
  TarEntry entry;
  std::string_view magic = Field(block, kTarMagic);
  std::string_view prefix = magic.starts_with(std::string_view("ustar\0", 6)) ? TarText(block, kTarPrefix) : "";
  entry.name = prefix.empty() ? std::string(TarText(block, kTarName))
                              : absl::StrCat(prefix, "/", TarText(block, kTarName));
  if (overrides.name.has_value()) entry.name = *overrides.name;
  entry.link_target = overrides.link_target.value_or(std::string(TarText(block, kTarLink)));
  COW_ASSIGN_OR_RETURN(entry.type, TypeOf(block[kTarType.offset], entry.name));
  COW_ASSIGN_OR_RETURN(int64_t mode, ParseTarNumber(Field(block, kTarMode)));
  COW_ASSIGN_OR_RETURN(entry.uid, ParseTarNumber(Field(block, kTarUid)));
  COW_ASSIGN_OR_RETURN(entry.gid, ParseTarNumber(Field(block, kTarGid)));
  COW_ASSIGN_OR_RETURN(entry.mtime, ParseTarNumber(Field(block, kTarMtime)));
  COW_ASSIGN_OR_RETURN(entry.size, ParseTarNumber(Field(block, kTarSize)));
  entry.mode = static_cast<uint32_t>(mode & 07777);
  entry.uid = overrides.uid.value_or(entry.uid);
  entry.gid = overrides.gid.value_or(entry.gid);
  entry.size = overrides.size.value_or(entry.size);
  if (entry.type != TarType::kFile) entry.size = 0;
  entry.user_name = std::string(TarText(block, kTarUser));
  entry.group_name = std::string(TarText(block, kTarGroup));
  return entry;
}

absl::StatusOr<std::optional<TarEntry>> TarReader::Next() {
  COW_RETURN_IF_ERROR(Skip());
  Overrides overrides;
  std::string block;
  while (!ended_) {
    COW_ASSIGN_OR_RETURN(bool present, ReadBlock(block));
    if (!present || block.find_first_not_of('\0') == std::string::npos) {
      ended_ = true;
      break;
    }
    COW_ASSIGN_OR_RETURN(int64_t checksum, ParseTarNumber(Field(block, kTarChecksum)));
    if (checksum != TarChecksum(block)) return Damaged("header checksum does not match");
    COW_ASSIGN_OR_RETURN(int64_t size, ParseTarNumber(Field(block, kTarSize)));
    switch (char flag = block[kTarType.offset]; flag) {
      case 'x':
        COW_RETURN_IF_ERROR(ReadPax(size, overrides));
        continue;
      case 'g':
        COW_RETURN_IF_ERROR(ReadText(size).status());
        continue;
      case 'L':
      case 'K': {
        COW_ASSIGN_OR_RETURN(std::string text, ReadText(size));
        text.resize(std::min(text.size(), text.find('\0')));
        (flag == 'L' ? overrides.name : overrides.link_target) = text;
        continue;
      }
      default:
        break;
    }
    COW_ASSIGN_OR_RETURN(TarEntry entry, Decode(block, overrides));
    bytes_seen_ += entry.size;
    if (++entries_seen_ > limits_.entries || bytes_seen_ > limits_.content_bytes) {
      return absl::ResourceExhaustedError(absl::StrCat("archive exceeds ", limits_.entries, " entries or ",
                                                       limits_.content_bytes, " bytes"));
    }
    content_left_ = entry.size;
    padding_left_ = static_cast<int64_t>(TarPadding(entry.size));
    return std::optional<TarEntry>(std::move(entry));
  }
  return std::optional<TarEntry>();
}

absl::StatusOr<std::string> SafeArchivePath(std::string_view name) {
  std::string_view path = name;
  auto bad = [&](std::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("unsafe path '", name, "': ", why));
  };
  if (path.empty()) return bad("empty");
  if (path.find('\0') != std::string_view::npos) return bad("holds a NUL");
  if (path.starts_with('/')) return bad("absolute");
  while (path.starts_with("./")) path.remove_prefix(2);
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty() || path == ".") return std::string();
  for (std::string_view part : std::vector<std::string_view>(absl::StrSplit(path, '/'))) {
    if (part == "..") return bad("'..' is not allowed");
    if (part.empty() || part == ".") return bad("empty or '.' part");
  }
  return std::string(path);
}

}  // namespace cow::pack
