#include "engine/store/tree_layer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/base/thread_pool.h"
#include "engine/store/file_hashing.h"
#include "engine/store/staged_mtime.h"

namespace cow::store {
namespace {

struct Times {
  timespec values[2];  // of access and of modification
};

Times TimesOf(std::string_view path, const Digest& digest) {
  timespec time{StagedMtime(path, digest), 0};
  return {{time, time}};
}

absl::Status LayFile(const std::string& root, const HostTreeEntry& entry) {
  UniqueFd source(open(entry.source_path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!source.valid()) return ErrnoStatus(errno, entry.source_path);
  std::string path = JoinPath(root, entry.path);
  UniqueFd target(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!target.valid()) return ErrnoStatus(errno, path);
  absl::StatusOr<Digest> digest = CopyAndHash(source.get(), target.get());
  if (!digest.ok()) return Annotate(digest.status(), entry.source_path);
  if (*digest != entry.digest) {
    return absl::FailedPreconditionError(absl::StrCat(entry.source_path, ": changed during the build (was ",
                                                      entry.digest.ToString(), ", is ", digest->ToString(), ")"));
  }
  Times times = TimesOf(entry.path, entry.digest);
  if (fchmod(target.get(), entry.executable ? 0555 : 0444) != 0 || futimens(target.get(), times.values) != 0 ||
      close(target.Release()) != 0) {
    return ErrnoStatus(errno, path);
  }
  return absl::OkStatus();
}

absl::Status LaySymlink(const std::string& root, const HostTreeEntry& entry) {
  std::string path = JoinPath(root, entry.path);
  COW_RETURN_IF_ERROR(MakeSymlink(entry.target, path));
  Times times = TimesOf(entry.path, Digest());
  if (utimensat(AT_FDCWD, path.c_str(), times.values, AT_SYMLINK_NOFOLLOW) != 0) return ErrnoStatus(errno, path);
  return absl::OkStatus();
}

absl::Status LayFiles(const std::string& root, const std::vector<const HostTreeEntry*>& files) {
  absl::Mutex mutex;
  absl::Status first;
  ParallelFor(ProcessorCount(), files.size(), [&](size_t i) {
    absl::Status status = LayFile(root, *files[i]);
    absl::MutexLock lock(&mutex);
    if (first.ok()) first = std::move(status);
  });
  return first;
}

absl::Status Seal(const std::string& root, const std::string& folder) {
  std::string path = folder.empty() ? root : JoinPath(root, folder);
  Times times = TimesOf(folder, Digest());
  if (utimensat(AT_FDCWD, path.c_str(), times.values, 0) != 0) return ErrnoStatus(errno, path);
  if (!folder.empty() && chmod(path.c_str(), 0555) != 0) return ErrnoStatus(errno, path);
  return absl::OkStatus();
}

absl::StatusOr<std::set<std::string>> FoldersOf(const std::vector<HostTreeEntry>& entries) {
  std::set<std::string> folders;
  for (const HostTreeEntry& entry : entries) {
    COW_ASSIGN_OR_RETURN(RelPath path, RelPath::Parse(entry.path));
    if (path.empty()) return absl::InvalidArgumentError("a tree's root cannot be an entry of the tree");
    std::string_view folder = entry.path;
    if (entry.kind != HostTreeEntry::Kind::kDirectory) folder = PathDirname(folder);
    while (!folder.empty() && folders.insert(std::string(folder)).second) folder = PathDirname(folder);
  }
  return folders;
}

}  // namespace

absl::Status LayTree(const std::string& root, const std::vector<HostTreeEntry>& entries) {
  COW_ASSIGN_OR_RETURN(std::set<std::string> folders, FoldersOf(entries));
  std::vector<const HostTreeEntry*> files;
  for (const HostTreeEntry& entry : entries) {
    if (entry.kind == HostTreeEntry::Kind::kFile) files.push_back(&entry);
  }
  // "a" sorts before "a/b". Symlinks come last, so that no file can be written through one.
  for (const std::string& folder : folders) {
    std::string path = JoinPath(root, folder);
    if (mkdir(path.c_str(), 0755) != 0) return ErrnoStatus(errno, path);
  }
  COW_RETURN_IF_ERROR(LayFiles(root, files));
  for (const HostTreeEntry& entry : entries) {
    if (entry.kind == HostTreeEntry::Kind::kSymlink) COW_RETURN_IF_ERROR(LaySymlink(root, entry));
  }
  for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder) COW_RETURN_IF_ERROR(Seal(root, *folder));
  return Seal(root, "");
}

}  // namespace cow::store
