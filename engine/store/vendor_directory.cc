#include "engine/store/vendor_directory.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/store/file_hashing.h"

namespace cow::store {
namespace {

constexpr std::string_view kHeader = "# written by 'cow vendor': sha256 size source\n";

}  // namespace

std::string VendorDirectory::PathOf(std::string_view sha256) const {
  return absl::StrCat(directory_, "/sha256/", sha256);
}

absl::Status VendorDirectory::ReadManifest(std::string_view text) {
  int number = 0;
  for (std::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (line.empty() || line.starts_with("#")) continue;
    std::vector<std::string_view> fields = absl::StrSplit(line, absl::MaxSplits(' ', 2));
    absl::StatusOr<Digest> digest = absl::DataLossError("");
    int64_t size = -1;
    if (fields.size() == 3 && absl::SimpleAtoi(fields[1], &size)) digest = Digest::FromHex(fields[0], size);
    if (!digest.ok()) {
      return absl::DataLossError(absl::StrCat(directory_, "/MANIFEST:", number, ": not a hash, a size and a source: '", line, "'"));
    }
    files_.insert_or_assign(digest->hex(), VendoredFile{*digest, std::string(fields[2])});
  }
  return absl::OkStatus();
}

absl::StatusOr<VendorDirectory> VendorDirectory::Open(const std::string& directory) {
  VendorDirectory opened(directory);
  absl::StatusOr<std::string> text = ReadFile(directory + "/MANIFEST");
  if (absl::IsNotFound(text.status())) {
    return absl::NotFoundError(absl::StrCat("'", directory, "' has no MANIFEST: 'cow vendor ", directory, "' makes one"));
  }
  COW_RETURN_IF_ERROR(text.status());
  COW_RETURN_IF_ERROR(opened.ReadManifest(*text));
  return opened;
}

absl::StatusOr<VendorDirectory> VendorDirectory::OpenOrBegin(const std::string& directory) {
  COW_RETURN_IF_ERROR(MakeDirectories(directory + "/sha256"));
  if (!FileExists(directory + "/MANIFEST")) return VendorDirectory(directory);
  return Open(directory);
}

absl::StatusOr<std::string> VendorDirectory::Find(std::string_view sha256) const {
  if (!files_.contains(sha256)) return absl::NotFoundError("not vendored");
  return PathOf(sha256);
}

absl::Status VendorDirectory::CheckFile(const VendoredFile& file) const {
  const std::string path = PathOf(file.digest.hex());
  absl::StatusOr<FileInfo> info = LstatFile(path);
  if (!info.ok()) return Annotate(info.status(), absl::StrCat(file.source, " is in the manifest"));
  if (info->kind != FileKind::kRegular) return absl::DataLossError(absl::StrCat(path, ": not a file"));
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  COW_ASSIGN_OR_RETURN(Digest found, HashFd(fd.get()));
  if (found == file.digest) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(path, ": has sha256 ", found.hex(), " (", found.size_bytes(), " bytes), not that of its name (",
                                          file.digest.size_bytes(), " bytes); it was ", file.source));
}

absl::Status VendorDirectory::Add(const VendoredFile& file, const std::string& path) {
  files_.insert_or_assign(file.digest.hex(), file);
  if (CheckFile(file).ok()) return absl::OkStatus();
  const std::string target = PathOf(file.digest.hex());
  COW_RETURN_IF_ERROR(CopyFile(path, target + ".new", 0644));
  COW_RETURN_IF_ERROR(RenameFile(target + ".new", target));
  return CheckFile(file);
}

absl::Status VendorDirectory::Write() const {
  std::string text(kHeader);
  for (const auto& [hash, file] : files_) absl::StrAppend(&text, hash, " ", file.digest.size_bytes(), " ", file.source, "\n");
  return WriteFileAtomically(directory_ + "/MANIFEST", text);
}

std::vector<std::string> VendorDirectory::Check() const {
  std::vector<std::string> problems;
  for (const auto& [hash, file] : files_) {
    if (absl::Status status = CheckFile(file); !status.ok()) problems.emplace_back(status.message());
  }
  return problems;
}

}  // namespace cow::store
