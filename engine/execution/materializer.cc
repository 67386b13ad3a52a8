#include "engine/execution/materializer.h"

#include <unistd.h>

#include <atomic>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/base/thread_pool.h"

namespace cow::execution {
namespace {

constexpr uint32_t kFileMode = 0644;
constexpr uint32_t kProgramMode = 0755;

std::string TempNameBeside(const std::string& path) {
  static std::atomic<uint64_t> counter{0};
  return absl::StrCat(PathDirname(path), "/.cow-", getpid(), "-", counter.fetch_add(1), ".tmp");
}

void AddWithParents(std::string_view path, std::set<std::string>* paths) {
  for (; !path.empty(); path = PathDirname(path)) {
    if (!paths->emplace(path).second) return;
  }
}

}  // namespace

absl::Status Materializer::Write(const OutputLayout& layout) {
  COW_RETURN_IF_ERROR(Prune(layout));
  COW_RETURN_IF_ERROR(MakeParents(layout));
  COW_RETURN_IF_ERROR(RemoveAbsent(layout));
  std::vector<absl::Status> statuses(layout.files.size());
  ParallelFor(threads_, layout.files.size(), [&](size_t i) { statuses[i] = WriteOne(layout.files[i]); });
  for (const absl::Status& status : statuses) COW_RETURN_IF_ERROR(status);
  for (const OutputLayout::Link& link : layout.links) COW_RETURN_IF_ERROR(SwingLink(link));
  return absl::OkStatus();
}

// Removes from trees what does not belong there (any more).
absl::Status Materializer::Prune(const OutputLayout& layout) {
  if (layout.trees.empty()) return absl::OkStatus();
  std::set<std::string> kept;
  for (const OutputLayout::File& file : layout.files) AddWithParents(file.path, &kept);
  for (const OutputLayout::Link& link : layout.links) AddWithParents(link.path, &kept);
  for (const std::string& directory : layout.directories) AddWithParents(directory, &kept);
  for (const std::string& tree : layout.trees) COW_RETURN_IF_ERROR(PruneTree(tree, kept));
  return absl::OkStatus();
}

absl::Status Materializer::PruneTree(const std::string& tree, const std::set<std::string>& kept) {
  std::vector<std::string> todo = {tree};
  while (!todo.empty()) {
    std::string directory = std::move(todo.back());
    todo.pop_back();
    absl::StatusOr<FileInfo> info = LstatFile(Host(directory));
    if (!info.ok() || info->kind != FileKind::kDirectory) continue;
    COW_ASSIGN_OR_RETURN(auto entries, ListDirectory(Host(directory)));
    for (const DirectoryEntry& entry : entries) {
      std::string path = JoinPath(directory, entry.name);
      if (kept.count(path) == 0) {
        COW_RETURN_IF_ERROR(RemoveTree(Host(path)));
      } else if (entry.kind == FileKind::kDirectory) {
        todo.push_back(std::move(path));
      }
    }
  }
  return absl::OkStatus();
}

// Nothing is removed through a symlink.
absl::Status Materializer::RemoveAbsent(const OutputLayout& layout) {
  for (const std::string& path : layout.absent) {
    COW_RETURN_IF_ERROR(MakePlainDirectory(std::string(PathDirname(path))));
    COW_RETURN_IF_ERROR(RemoveTree(Host(path)));
  }
  return absl::OkStatus();
}

absl::Status Materializer::MakeParents(const OutputLayout& layout) {
  for (const std::string& directory : layout.directories) COW_RETURN_IF_ERROR(MakePlainDirectory(directory));
  for (const OutputLayout::File& file : layout.files) {
    COW_RETURN_IF_ERROR(MakePlainDirectory(std::string(PathDirname(file.path))));
  }
  for (const OutputLayout::Link& link : layout.links) {
    COW_RETURN_IF_ERROR(MakePlainDirectory(std::string(PathDirname(link.path))));
  }
  return absl::OkStatus();
}

// Whatever else is in the way is removed, so that nothing is ever written through a symlink.
absl::Status Materializer::MakePlainDirectory(const std::string& path) {
  if (path.empty() || !directories_.insert(path).second) return absl::OkStatus();
  COW_RETURN_IF_ERROR(MakePlainDirectory(std::string(PathDirname(path))));
  absl::StatusOr<FileInfo> info = LstatFile(Host(path));
  if (info.ok() && info->kind == FileKind::kDirectory) return absl::OkStatus();
  if (info.ok()) COW_RETURN_IF_ERROR(RemoveFile(Host(path)));
  return MakeDirectories(Host(path));
}

bool Materializer::IsRight(const OutputLayout::File& file, const std::string& path) const {
  absl::StatusOr<FileInfo> info = LstatFile(path);
  if (!info.ok() || info->kind != FileKind::kRegular || info->size != file.digest.size_bytes()) return false;
  if (info->mode != (file.executable ? kProgramMode : kFileMode) || info->links != 1) return false;
  absl::StatusOr<Digest> digest = file_states_.DigestOf(path, store::Ingest::kDigestOnly);
  return digest.ok() && *digest == file.digest;
}

absl::Status Materializer::WriteOne(const OutputLayout::File& file) const {
  std::string path = Host(file.path);
  if (IsRight(file, path)) return absl::OkStatus();
  COW_ASSIGN_OR_RETURN(std::string source, cas_.PathOf(file.digest));
  std::string temp = TempNameBeside(path);
  absl::Status status = CopyFile(source, temp, file.executable ? kProgramMode : kFileMode);
  if (status.ok()) status = RenameFile(temp, path);
  if (!status.ok()) {
    // A directory is in the way of the rename.
    absl::StatusOr<FileInfo> info = LstatFile(path);
    if (info.ok() && info->kind == FileKind::kDirectory) {
      status = RemoveTree(path);
      if (status.ok()) status = RenameFile(temp, path);
    }
  }
  if (!status.ok()) RemoveFile(temp).IgnoreError();
  return status;
}

absl::Status Materializer::SwingLink(const OutputLayout::Link& link) const {
  std::string path = Host(link.path);
  absl::StatusOr<FileInfo> info = LstatFile(path);
  if (info.ok() && info->kind == FileKind::kDirectory) COW_RETURN_IF_ERROR(RemoveTree(path));
  absl::StatusOr<std::string> present = ReadLink(path);
  if (present.ok() && *present == link.target) return absl::OkStatus();
  return ReplaceSymlink(link.target, path);
}

}  // namespace cow::execution
