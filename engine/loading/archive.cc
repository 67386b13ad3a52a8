#include "engine/loading/archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/posix_file.h"
#include "engine/base/posix_file_writer.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/loading/archive_paths.h"

namespace cow::loading {
namespace {

constexpr size_t kBlock = 256 * 1024;

constexpr std::string_view kTypes[] = {"zip", "jar", "war",     "aar",  "nupkg",   "whl",     "tar", "tar.gz", "tgz",
                                       "tar.xz", "txz", "tar.zst", "tzst", "tar.bz2", "tbz", "ar",  "deb"};

struct CloseArchive {
  void operator()(struct archive* reader) const { archive_read_free(reader); }
};
using ArchiveHandle = std::unique_ptr<struct archive, CloseArchive>;

std::string ErrorOf(struct archive* reader) {
  const char* text = archive_error_string(reader);
  return text == nullptr ? "damaged" : text;
}

ArchiveHandle NewReader() {
  ArchiveHandle reader(archive_read_new());
  COW_CHECK(reader != nullptr);
  for (auto support : {&archive_read_support_filter_gzip, &archive_read_support_filter_bzip2, &archive_read_support_filter_xz,
                       &archive_read_support_filter_zstd, &archive_read_support_format_tar,
                       &archive_read_support_format_zip, &archive_read_support_format_ar}) {
    COW_CHECK(support(reader.get()) == ARCHIVE_OK);
  }
  return reader;
}

// libarchive gives no plain name where it cannot be said in the C locale.
std::string NameOf(const char* plain, const char* utf8) {
  if (plain != nullptr) return plain;
  return utf8 == nullptr ? "" : utf8;
}

// One run over one archive.
class Extraction {
 public:
  Extraction(const std::string& directory, const ExtractOptions& options, StrippedPrefix prefix)
      : directory_(directory), options_(options), prefix_(std::move(prefix)) {}

  absl::Status Run(struct archive* reader) {
    for (int64_t count = 0;; ++count) {
      struct archive_entry* entry = nullptr;
      int result = archive_read_next_header(reader, &entry);
      if (result == ARCHIVE_EOF) break;
      if (result != ARCHIVE_OK && result != ARCHIVE_WARN) return absl::InvalidArgumentError(ErrorOf(reader));
      if (count >= options_.max_entries) {
        return absl::ResourceExhaustedError(absl::StrCat("it has more than ", options_.max_entries, " entries"));
      }
      COW_RETURN_IF_ERROR(Add(reader, entry));
    }
    COW_RETURN_IF_ERROR(prefix_.CheckFound());
    COW_RETURN_IF_ERROR(links_.Check());
    for (const auto& [path, target] : links_.links()) COW_RETURN_IF_ERROR(MakeSymlink(target, Full(path)));
    return absl::OkStatus();
  }

 private:
  std::string Full(std::string_view path) const { return JoinPath(directory_, path); }

  // The place of an entry, or "" if it is left out.
  absl::StatusOr<std::string> PlaceOf(const std::string& name) {
    auto renamed = options_.rename_files.find(name);
    COW_ASSIGN_OR_RETURN(std::string path, SafeEntryPath(renamed == options_.rename_files.end() ? name : renamed->second));
    if (path.empty() || !prefix_.Strip(path)) return "";
    return path;
  }

  // Makes the directories above `path`; none of them may be a link.
  absl::Status MakeParents(const std::string& path) {
    std::string parent(PathDirname(path));
    if (parent.empty() || directories_.contains(parent)) return absl::OkStatus();
    std::string link = links_.LinkAbove(path);
    for (size_t slash = path.find('/'); link.empty() && slash != std::string::npos; slash = path.find('/', slash + 1)) {
      absl::StatusOr<FileInfo> info = LstatFile(Full(path.substr(0, slash)));
      if (info.ok() && info->kind != FileKind::kDirectory) link = path.substr(0, slash);
    }
    if (!link.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("refusing the entry '", path, "': '", link, "' above it is not a directory"));
    }
    COW_RETURN_IF_ERROR(MakeDirectories(Full(parent)));
    directories_.insert(parent);
    return absl::OkStatus();
  }

  // A later entry replaces an earlier one, unless that is a directory.
  absl::Status MakeRoom(const std::string& path) {
    COW_RETURN_IF_ERROR(MakeParents(path));
    links_.Forget(path);
    absl::StatusOr<FileInfo> info = LstatFile(Full(path));
    if (!info.ok()) return absl::IsNotFound(info.status()) ? absl::OkStatus() : info.status();
    if (info->kind == FileKind::kDirectory) {
      return absl::InvalidArgumentError(absl::StrCat("the entry '", path, "' is a directory and something else as well"));
    }
    return RemoveFile(Full(path));
  }

  absl::Status Add(struct archive* reader, struct archive_entry* entry) {
    std::string name = NameOf(archive_entry_pathname(entry), archive_entry_pathname_utf8(entry));
    COW_ASSIGN_OR_RETURN(std::string path, PlaceOf(name));
    if (path.empty()) return absl::OkStatus();
    if (archive_entry_is_encrypted(entry) != 0) {
      return absl::InvalidArgumentError(absl::StrCat("refusing the entry '", name, "': it is encrypted"));
    }
    if (std::string link = NameOf(archive_entry_hardlink(entry), archive_entry_hardlink_utf8(entry)); !link.empty()) {
      return AddCopy(path, link);
    }
    switch (archive_entry_filetype(entry)) {
      case AE_IFDIR: return AddDirectory(path);
      case AE_IFLNK: {
        COW_RETURN_IF_ERROR(MakeRoom(path));
        links_.Add(path, NameOf(archive_entry_symlink(entry), archive_entry_symlink_utf8(entry)));
        return absl::OkStatus();
      }
      case AE_IFREG: return AddFile(reader, path, (archive_entry_perm(entry) & 0100) != 0);
      default:
        return absl::InvalidArgumentError(
            absl::StrCat("refusing the entry '", name, "': it is neither a file, a directory nor a link"));
    }
  }

  absl::Status AddDirectory(const std::string& path) {
    // A link of the same name, here or in the directory, is not followed either.
    if (links_.links().contains(path)) {
      return absl::InvalidArgumentError(absl::StrCat("the entry '", path, "' is a directory and a link as well"));
    }
    COW_RETURN_IF_ERROR(MakeParents(path + "/"));
    return absl::OkStatus();
  }

  absl::Status AddFile(struct archive* reader, const std::string& path, bool executable) {
    COW_RETURN_IF_ERROR(MakeRoom(path));
    COW_ASSIGN_OR_RETURN(PosixFileWriter file, PosixFileWriter::Create(Full(path), executable ? 0755 : 0644));
    while (true) {
      la_ssize_t size = archive_read_data(reader, buffer_.data(), buffer_.size());
      if (size == 0) return file.Close();
      if (size < 0) return absl::InvalidArgumentError(absl::StrCat("'", path, "': ", ErrorOf(reader)));
      bytes_ += size;
      if (bytes_ > options_.max_bytes) {
        return absl::ResourceExhaustedError(absl::StrCat("its files have more than ", options_.max_bytes, " bytes"));
      }
      COW_RETURN_IF_ERROR(file.Write({buffer_.data(), static_cast<size_t>(size)}));
    }
  }

  // A hard link: the same bytes once more.
  absl::Status AddCopy(const std::string& path, const std::string& original) {
    COW_ASSIGN_OR_RETURN(std::string from, PlaceOf(original));
    absl::StatusOr<FileInfo> info = absl::NotFoundError("");
    if (!from.empty() && links_.LinkAbove(from).empty()) info = LstatFile(Full(from));
    if (!info.ok() || info->kind != FileKind::kRegular) {
      return absl::InvalidArgumentError(
          absl::StrCat("refusing the hard link '", path, "': '", original, "' is no file of the archive before it"));
    }
    if (from == path) return absl::OkStatus();
    COW_RETURN_IF_ERROR(MakeRoom(path));
    bytes_ += info->size;
    return CopyFile(Full(from), Full(path), info->mode & 0777);
  }

  const std::string& directory_;
  const ExtractOptions& options_;
  StrippedPrefix prefix_;
  PendingLinks links_;
  std::set<std::string> directories_;  // known to be there, and no links
  std::vector<char> buffer_ = std::vector<char>(kBlock);
  int64_t bytes_ = 0;
};

}  // namespace

absl::Status ExtractArchive(const std::string& archive, std::string_view shown, const std::string& directory,
                            const ExtractOptions& options) {
  COW_ASSIGN_OR_RETURN(StrippedPrefix prefix, StrippedPrefix::Create(options.strip_prefix));
  ArchiveHandle reader = NewReader();
  absl::Status status;
  if (archive_read_open_filename(reader.get(), archive.c_str(), kBlock) != ARCHIVE_OK) {
    status = absl::InvalidArgumentError(ErrorOf(reader.get()));
  } else {
    status = Extraction(directory, options, std::move(prefix)).Run(reader.get());
  }
  return Annotate(status, absl::StrCat("unpacking ", shown));
}

absl::Status CheckArchiveType(std::string_view name, std::string_view type) {
  std::string suffix = absl::AsciiStrToLower(type.empty() ? name.substr(0, name.find_first_of("?#")) : type);
  for (std::string_view known : kTypes) {
    if (suffix == known || absl::EndsWith(suffix, absl::StrCat(".", known))) return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      type.empty() ? absl::StrCat("cannot tell from its name what kind of archive '", name, "' is; set 'type'")
                   : absl::StrCat("unknown kind of archive '", type, "'"),
      ": expected one of [", absl::StrJoin(kTypes, ", "), "]"));
}

}  // namespace cow::loading
