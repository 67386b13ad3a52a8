// Files of the machine. The only place besides the sandbox helper that opens, stats and removes by raw path.
//
// Every function may be called from any thread. Errors carry the path and the reason of the system.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace cow {

// Closes the descriptor it owns. Movable.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept;
  ~UniqueFd() { Reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset();

 private:
  int fd_ = -1;
};

enum class FileKind { kRegular, kDirectory, kSymlink, kOther };

// What lstat tells, in the units of the system: times in nanoseconds since the epoch.
struct FileInfo {
  FileKind kind = FileKind::kOther;
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t size = 0;
  int64_t mtime_ns = 0;
  int64_t ctime_ns = 0;
  uint32_t mode = 0;
  uint64_t links = 0;
  bool executable() const { return (mode & 0100) != 0; }

  friend bool operator==(const FileInfo&, const FileInfo&) = default;
};

struct DirectoryEntry {
  std::string name;
  FileKind kind;
};

// Looks names of one directory up without walking its path each time. Cheap to fail.
class DirectoryHandle {
 public:
  // Not open if there is no such directory.
  explicit DirectoryHandle(const char* path);
  bool is_open() const { return fd_.valid(); }
  // Whether there is something of the name; of a directory that is not open nothing. `name` may be "."
  bool Stat(const char* name, bool follow_links, FileInfo* info) const;

 private:
  UniqueFd fd_;
};

absl::StatusOr<FileInfo> LstatFile(const std::string& path);
absl::StatusOr<FileInfo> StatFile(const std::string& path);  // follows symlinks
bool FileExists(const std::string& path);                    // lstat succeeds

absl::StatusOr<std::string> ReadFile(const std::string& path);
absl::StatusOr<std::string> ReadFd(int fd);                  // from the current offset to the end
absl::StatusOr<std::string> ReadLink(const std::string& path);
// Sorted by name, without "." and "..".
absl::StatusOr<std::vector<DirectoryEntry>> ListDirectory(const std::string& path);

absl::Status WriteAll(int fd, std::string_view bytes);
// Truncates or creates; not atomic.
absl::Status WriteFile(const std::string& path, std::string_view bytes, uint32_t mode = 0644);
// Writes a temporary file beside `path` and renames it: readers see the old or the new bytes.
absl::Status WriteFileAtomically(const std::string& path, std::string_view bytes, uint32_t mode = 0644);
// Copies bytes (reflink or copy_file_range where the file system can) into a new file; fails if `to` exists.
absl::Status CopyFile(const std::string& from, const std::string& to, uint32_t mode);

absl::Status MakeDirectories(const std::string& path, uint32_t mode = 0755);  // like mkdir -p
absl::Status RenameFile(const std::string& from, const std::string& to);
absl::Status RemoveFile(const std::string& path);            // OK if absent
// Removes a whole tree by descriptors, never following symlinks; makes directories writable if needed. OK if absent.
absl::Status RemoveTree(const std::string& path);
absl::Status MakeSymlink(const std::string& target, const std::string& path);
// Swings a symlink to a new target by rename.
absl::Status ReplaceSymlink(const std::string& target, const std::string& path);

// A fresh directory `<prefix>XXXXXX`.
absl::StatusOr<std::string> MakeTempDirectory(const std::string& prefix);

absl::StatusOr<std::string> CurrentDirectory();
absl::StatusOr<std::string> ExecutablePath();  // of this process
// The value, or "" if unset.
std::string GetEnv(const std::string& name);

}  // namespace cow
