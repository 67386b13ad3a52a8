#include "engine/execution/output_scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"

namespace cow::execution {
namespace {

constexpr size_t kMaxPromises = 10;

absl::StatusOr<std::vector<std::string>> NamesIn(int directory, const std::string& shown) {
  DIR* dir = fdopendir(fcntl(directory, F_DUPFD_CLOEXEC, 0));
  if (dir == nullptr) return ErrnoStatus(errno, shown);
  std::vector<std::string> names;
  while (const dirent* entry = readdir(dir)) {
    std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  closedir(dir);
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<std::string> LinkTarget(int directory, const std::string& name, const std::string& shown) {
  char buffer[PATH_MAX];
  ssize_t length = readlinkat(directory, name.c_str(), buffer, sizeof(buffer));
  if (length < 0) return ErrnoStatus(errno, shown);
  return std::string(buffer, static_cast<size_t>(length));
}

// A directory that is being walked: open, and its path on this machine.
struct Folder {
  int fd;
  std::string host_path;
};

// Opens a directory even if the action took away its permissions: the process is dead, nobody races with us.
absl::StatusOr<UniqueFd> OpenFolder(const Folder& parent, const std::string& name, const std::string& shown) {
  if (fchmodat(parent.fd, name.c_str(), 0755, 0) != 0) return ErrnoStatus(errno, shown);
  UniqueFd fd(openat(parent.fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(errno, shown);
  return fd;
}

class Scan {
 public:
  Scan(const ScanRequest& request, const EntryVisitor& visit) : request_(request), visit_(visit) {
    for (const DeclaredOutput& output : request.outputs) {
      missing_.insert(output.path);
      outputs_[output.path] = &output;
    }
    for (const SpawnWritable& writable : request.writable) AddAncestors(writable.path);
  }

  absl::StatusOr<BrokenPromises> Run() {
    for (const SpawnWritable& writable : request_.writable) {
      UniqueFd fd(open(writable.host_path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!fd.valid()) return ErrnoStatus(errno, writable.host_path);
      fchmod(fd.get(), 0755);
      Folder folder{fd.get(), writable.host_path};
      auto output = outputs_.find(writable.path);
      if (output != outputs_.end() && output->second->kind == ActionOutput::Kind::kTree) {
        missing_.erase(writable.path);
        COW_RETURN_IF_ERROR(visit_(*output->second, {.kind = ActionOutput::Kind::kTree}));
        COW_RETURN_IF_ERROR(VisitTree(*output->second, folder, ""));
      } else {
        COW_RETURN_IF_ERROR(VisitWritable(folder, writable.path));
      }
    }
    for (const DeclaredOutput& output : request_.outputs) {
      if (missing_.count(output.path) != 0) Promise(absl::StrCat("it did not make its output '", output.path, "'"));
    }
    return std::move(promises_);
  }

 private:
  void AddAncestors(std::string_view path) {
    for (; !path.empty(); path = PathDirname(path)) places_.insert(std::string(path));
  }

  void Promise(std::string text) {
    if (promises_.size() < kMaxPromises) promises_.push_back(std::move(text));
  }

  absl::Status VisitWritable(const Folder& folder, const std::string& exec_path) {
    COW_ASSIGN_OR_RETURN(std::vector<std::string> names, NamesIn(folder.fd, exec_path));
    for (const std::string& name : names) {
      std::string path = JoinPath(exec_path, name);
      auto output = outputs_.find(path);
      if (output != outputs_.end() && output->second->kind != ActionOutput::Kind::kTree) {
        missing_.erase(path);
        COW_RETURN_IF_ERROR(VisitEntry(*output->second, folder, name, ""));
      } else if (places_.count(path) == 0 && !request_.is_input(path)) {
        Promise(absl::StrCat("it left the undeclared file '", path, "'; declare it as an output or write it to $TMPDIR"));
      }
    }
    return absl::OkStatus();
  }

  absl::Status VisitTree(const DeclaredOutput& output, const Folder& folder, const std::string& below) {
    COW_ASSIGN_OR_RETURN(std::vector<std::string> names, NamesIn(folder.fd, JoinPath(output.path, below)));
    for (const std::string& name : names) COW_RETURN_IF_ERROR(VisitEntry(output, folder, name, JoinPath(below, name)));
    return absl::OkStatus();
  }

  // `below` is "" for an output that is not a tree.
  absl::Status VisitEntry(const DeclaredOutput& output, const Folder& folder, const std::string& name,
                          const std::string& below) {
    std::string shown = below.empty() ? output.path : JoinPath(output.path, below);
    struct stat info;
    if (fstatat(folder.fd, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return ErrnoStatus(errno, shown);
    bool in_tree = output.kind == ActionOutput::Kind::kTree;
    if (S_ISREG(info.st_mode)) return VisitFile(output, folder, name, below, shown, info);
    if (S_ISLNK(info.st_mode)) return VisitLink(output, folder, name, below, shown);
    if (S_ISDIR(info.st_mode) && in_tree) return VisitDirectory(output, folder, name, below, shown);
    Promise(absl::StrCat("its output '", shown, "' is ",
                         S_ISDIR(info.st_mode) ? "a directory, not a file"
                                               : "neither a regular file, a directory nor a symlink"));
    return absl::OkStatus();
  }

  absl::Status VisitFile(const DeclaredOutput& output, const Folder& folder, const std::string& name, const std::string& below,
                         const std::string& shown, const struct stat& info) {
    if (output.kind == ActionOutput::Kind::kSymlink) {
      Promise(absl::StrCat("its output '", shown, "' is a file, not a symlink"));
      return absl::OkStatus();
    }
    if (info.st_nlink != 1) {
      Promise(absl::StrCat("its output '", shown, "' has a second name (hard link); copy the file instead"));
      return absl::OkStatus();
    }
    if ((info.st_mode & (S_ISUID | S_ISGID)) != 0) {
      Promise(absl::StrCat("its output '", shown, "' has the setuid or setgid bit"));
      return absl::OkStatus();
    }
    if ((info.st_mode & 0400) == 0 && fchmodat(folder.fd, name.c_str(), info.st_mode | 0400, 0) != 0) {
      return ErrnoStatus(errno, shown);
    }
    return visit_(output, {.kind = ActionOutput::Kind::kFile,
                           .path = below,
                           .executable = (info.st_mode & 0100) != 0,
                           .host_path = JoinPath(folder.host_path, name)});
  }

  absl::Status VisitLink(const DeclaredOutput& output, const Folder& folder, const std::string& name, const std::string& below,
                         const std::string& shown) {
    if (output.kind == ActionOutput::Kind::kFile) {
      Promise(absl::StrCat("its output '", shown, "' is a symlink, not a file; copy what it points to"));
      return absl::OkStatus();
    }
    COW_ASSIGN_OR_RETURN(std::string target, LinkTarget(folder.fd, name, shown));
    if (output.kind == ActionOutput::Kind::kTree && !StaysInside(below, target)) {
      Promise(absl::StrCat("the symlink '", shown, "' points out of its tree, to '", target, "'"));
      return absl::OkStatus();
    }
    return visit_(output, {.kind = ActionOutput::Kind::kSymlink, .path = below, .target = std::move(target)});
  }

  absl::Status VisitDirectory(const DeclaredOutput& output, const Folder& folder, const std::string& name,
                              const std::string& below, const std::string& shown) {
    COW_ASSIGN_OR_RETURN(UniqueFd fd, OpenFolder(folder, name, shown));
    COW_RETURN_IF_ERROR(visit_(output, {.kind = ActionOutput::Kind::kTree, .path = below}));
    return VisitTree(output, {fd.get(), JoinPath(folder.host_path, name)}, below);
  }

  const ScanRequest& request_;
  const EntryVisitor& visit_;
  std::map<std::string, const DeclaredOutput*> outputs_;
  std::set<std::string> missing_;
  std::set<std::string> places_;  // writable directories and all above them
  BrokenPromises promises_;
};

}  // namespace

// ".." may only lead: after a name that is itself a symlink it would mean another directory than it seems to.
bool StaysInside(std::string_view path, std::string_view target) {
  if (target.empty() || target[0] == '/') return false;
  std::string_view parent = PathDirname(path);
  int64_t depth = parent.empty() ? 0 : 1 + std::count(parent.begin(), parent.end(), '/');
  bool descended = false;
  for (std::string_view step : absl::StrSplit(target, '/', absl::SkipEmpty())) {
    if (step == ".") continue;
    if (step == ".." && (descended || --depth < 0)) return false;
    if (step != "..") descended = true;
  }
  return true;
}

absl::StatusOr<BrokenPromises> ScanOutputs(const ScanRequest& request, const EntryVisitor& visit) {
  return Scan(request, visit).Run();
}

}  // namespace cow::execution
