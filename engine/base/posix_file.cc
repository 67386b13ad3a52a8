#include "engine/base/posix_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"

namespace cow {
namespace {

FileKind KindOf(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::kRegular;
  if (S_ISDIR(mode)) return FileKind::kDirectory;
  if (S_ISLNK(mode)) return FileKind::kSymlink;
  return FileKind::kOther;
}

FileInfo InfoOf(const struct stat& st) {
  return {.kind = KindOf(st.st_mode),
          .device = st.st_dev,
          .inode = st.st_ino,
          .size = st.st_size,
          .mtime_ns = st.st_mtim.tv_sec * 1'000'000'000 + st.st_mtim.tv_nsec,
          .ctime_ns = st.st_ctim.tv_sec * 1'000'000'000 + st.st_ctim.tv_nsec,
          .mode = st.st_mode & 07777u,
          .links = st.st_nlink};
}

absl::StatusOr<FileKind> EntryKind(int dir_fd, const dirent& entry) {
  switch (entry.d_type) {
    case DT_REG:
      return FileKind::kRegular;
    case DT_DIR:
      return FileKind::kDirectory;
    case DT_LNK:
      return FileKind::kSymlink;
    case DT_UNKNOWN: {
      struct stat st;
      if (fstatat(dir_fd, entry.d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) return ErrnoStatus(errno, entry.d_name);
      return KindOf(st.st_mode);
    }
    default:
      return FileKind::kOther;
  }
}

absl::StatusOr<std::vector<DirectoryEntry>> ListFd(UniqueFd fd, const std::string& path) {
  DIR* dir = fdopendir(fd.get());
  if (dir == nullptr) return ErrnoStatus(errno, path);
  fd.Release();
  std::vector<DirectoryEntry> entries;
  absl::Status status;
  while (status.ok()) {
    errno = 0;
    const dirent* entry = readdir(dir);
    if (entry == nullptr) {
      if (errno != 0) status = ErrnoStatus(errno, path);
      break;
    }
    std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    absl::StatusOr<FileKind> kind = EntryKind(dirfd(dir), *entry);
    if (kind.ok()) {
      entries.push_back({std::string(name), *kind});
    } else {
      status = kind.status();
    }
  }
  closedir(dir);
  if (!status.ok()) return status;
  std::sort(entries.begin(), entries.end(),
            [](const DirectoryEntry& a, const DirectoryEntry& b) { return a.name < b.name; });
  return entries;
}

absl::Status RemoveAt(int parent_fd, const std::string& name, const std::string& shown);

absl::Status RemoveChildren(int parent_fd, const std::string& name, const std::string& shown) {
  UniqueFd fd(openat(parent_fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid() && errno == EACCES) {
    fchmodat(parent_fd, name.c_str(), 0700, 0);
    fd = UniqueFd(openat(parent_fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  }
  if (!fd.valid()) return errno == ENOENT ? absl::OkStatus() : ErrnoStatus(errno, shown);
  fchmod(fd.get(), 0700);
  COW_ASSIGN_OR_RETURN(auto entries, ListFd(UniqueFd(fcntl(fd.get(), F_DUPFD_CLOEXEC, 0)), shown));
  for (const DirectoryEntry& entry : entries) {
    COW_RETURN_IF_ERROR(RemoveAt(fd.get(), entry.name, absl::StrCat(shown, "/", entry.name)));
  }
  return absl::OkStatus();
}

absl::Status RemoveAt(int parent_fd, const std::string& name, const std::string& shown) {
  if (unlinkat(parent_fd, name.c_str(), 0) == 0 || errno == ENOENT) return absl::OkStatus();
  if (errno != EISDIR && errno != EPERM) return ErrnoStatus(errno, absl::StrCat("removing ", shown));
  COW_RETURN_IF_ERROR(RemoveChildren(parent_fd, name, shown));
  if (unlinkat(parent_fd, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return absl::OkStatus();
  return ErrnoStatus(errno, absl::StrCat("removing ", shown));
}

std::string TempNameFor(const std::string& path) {
  static std::atomic<uint64_t> counter{0};
  return absl::StrCat(path, ".tmp-", getpid(), "-", counter.fetch_add(1));
}

absl::Status CopyBytes(int from, int to, const std::string& shown) {
  if (ioctl(to, FICLONE, from) == 0) return absl::OkStatus();
  bool use_range = true;
  std::string buffer;
  while (true) {
    ssize_t n;
    if (use_range) {
      n = copy_file_range(from, nullptr, to, nullptr, 1 << 30, 0);
      if (n < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)) {
        use_range = false;
        continue;
      }
    } else {
      buffer.resize(1 << 18);
      n = read(from, buffer.data(), buffer.size());
      if (n > 0) COW_RETURN_IF_ERROR(WriteAll(to, {buffer.data(), static_cast<size_t>(n)}));
    }
    if (n == 0) return absl::OkStatus();
    if (n < 0 && errno != EINTR) return ErrnoStatus(errno, shown);
  }
}

}  // namespace

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) {
    Reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void UniqueFd::Reset() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

DirectoryHandle::DirectoryHandle(const char* path) : fd_(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

bool DirectoryHandle::Stat(const char* name, bool follow_links, FileInfo* info) const {
  struct stat st;
  if (!is_open() || fstatat(fd_.get(), name, &st, follow_links ? 0 : AT_SYMLINK_NOFOLLOW) != 0) return false;
  *info = InfoOf(st);
  return true;
}

absl::StatusOr<FileInfo> LstatFile(const std::string& path) {
  struct stat st;
  if (lstat(path.c_str(), &st) != 0) return ErrnoStatus(errno, path);
  return InfoOf(st);
}

absl::StatusOr<FileInfo> StatFile(const std::string& path) {
  struct stat st;
  if (stat(path.c_str(), &st) != 0) return ErrnoStatus(errno, path);
  return InfoOf(st);
}

bool FileExists(const std::string& path) {
  struct stat st;
  return lstat(path.c_str(), &st) == 0;
}

absl::StatusOr<std::string> ReadFd(int fd) {
  std::string bytes;
  struct stat st;
  if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) bytes.reserve(static_cast<size_t>(st.st_size) + 1);
  char buffer[65536];
  while (true) {
    ssize_t n = read(fd, buffer, sizeof(buffer));
    if (n == 0) return bytes;
    if (n < 0) {
      if (errno == EINTR) continue;
      return ErrnoStatus(errno, "reading");
    }
    bytes.append(buffer, static_cast<size_t>(n));
  }
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  absl::StatusOr<std::string> bytes = ReadFd(fd.get());
  if (!bytes.ok()) return Annotate(bytes.status(), path);
  return bytes;
}

absl::StatusOr<std::string> ReadLink(const std::string& path) {
  std::string target(PATH_MAX, '\0');
  ssize_t n = readlink(path.c_str(), target.data(), target.size());
  if (n < 0) return ErrnoStatus(errno, path);
  target.resize(static_cast<size_t>(n));
  return target;
}

absl::StatusOr<std::vector<DirectoryEntry>> ListDirectory(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  return ListFd(std::move(fd), path);
}

absl::Status WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return ErrnoStatus(errno, "writing");
    }
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

absl::Status WriteFile(const std::string& path, std::string_view bytes, uint32_t mode) {
  UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  COW_RETURN_IF_ERROR(Annotate(WriteAll(fd.get(), bytes), path));
  if (close(fd.Release()) != 0) return ErrnoStatus(errno, path);
  return absl::OkStatus();
}

absl::Status WriteFileAtomically(const std::string& path, std::string_view bytes, uint32_t mode) {
  std::string temp = TempNameFor(path);
  absl::Status status = WriteFile(temp, bytes, mode);
  if (status.ok()) status = RenameFile(temp, path);
  if (!status.ok()) unlink(temp.c_str());
  return status;
}

absl::Status CopyFile(const std::string& from, const std::string& to, uint32_t mode) {
  UniqueFd source(open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source.valid()) return ErrnoStatus(errno, from);
  UniqueFd target(open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!target.valid()) return ErrnoStatus(errno, to);
  COW_RETURN_IF_ERROR(CopyBytes(source.get(), target.get(), to));
  if (fchmod(target.get(), mode) != 0) return ErrnoStatus(errno, to);
  if (close(target.Release()) != 0) return ErrnoStatus(errno, to);
  return absl::OkStatus();
}

absl::Status MakeDirectories(const std::string& path, uint32_t mode) {
  if (path.empty() || mkdir(path.c_str(), mode) == 0) return absl::OkStatus();
  if (errno == ENOENT) {
    std::string parent(PathDirname(path));
    if (parent.empty() || parent == path) return ErrnoStatus(ENOENT, path);
    COW_RETURN_IF_ERROR(MakeDirectories(parent, mode));
    if (mkdir(path.c_str(), mode) == 0) return absl::OkStatus();
  }
  int error = errno;
  if (error != EEXIST) return ErrnoStatus(error, path);
  COW_ASSIGN_OR_RETURN(FileInfo info, StatFile(path));
  return info.kind == FileKind::kDirectory ? absl::OkStatus() : ErrnoStatus(ENOTDIR, path);
}

absl::Status RenameFile(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, absl::StrCat("renaming ", from, " to ", to));
}

absl::Status RemoveFile(const std::string& path) {
  if (unlink(path.c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  return ErrnoStatus(errno, absl::StrCat("removing ", path));
}

absl::Status RemoveTree(const std::string& path) { return RemoveAt(AT_FDCWD, path, path); }

absl::Status MakeSymlink(const std::string& target, const std::string& path) {
  if (symlink(target.c_str(), path.c_str()) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, path);
}

absl::Status ReplaceSymlink(const std::string& target, const std::string& path) {
  std::string temp = TempNameFor(path);
  COW_RETURN_IF_ERROR(MakeSymlink(target, temp));
  absl::Status status = RenameFile(temp, path);
  if (!status.ok()) unlink(temp.c_str());
  return status;
}

absl::StatusOr<std::string> MakeTempDirectory(const std::string& prefix) {
  std::string path = prefix + "XXXXXX";
  if (mkdtemp(path.data()) == nullptr) return ErrnoStatus(errno, path);
  return path;
}

absl::StatusOr<std::string> CurrentDirectory() {
  char buffer[PATH_MAX];
  if (getcwd(buffer, sizeof(buffer)) == nullptr) return ErrnoStatus(errno, "current directory");
  return std::string(buffer);
}

absl::StatusOr<std::string> ExecutablePath() { return ReadLink("/proc/self/exe"); }

std::string GetEnv(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

}  // namespace cow
