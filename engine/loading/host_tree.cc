#include "engine/loading/host_tree.h"

#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/base/thread_pool.h"

namespace cow::loading {
namespace {

// As many links as the kernel follows.
constexpr int kMaxLinks = 40;

class Capture {
 public:
  explicit Capture(const HostTreeOptions& options) : root_(options.root) {}

  absl::Status AddLine(std::string_view line) {
    absl::string_view rest = line;
    bool optional = absl::ConsumePrefix(&rest, "?");
    bool recursive = absl::ConsumeSuffix(&rest, "/**");
    if (!absl::ConsumePrefix(&rest, "/")) {
      return absl::InvalidArgumentError(absl::StrCat("'", line, "' is not an absolute path"));
    }
    absl::Status status = Add(rest, recursive);
    if (!absl::IsNotFound(status) || !optional) return status;
    absent_.push_back(OnDisk(rest));
    return absl::OkStatus();
  }

  std::map<std::string, HostTreeEntry> Take() { return std::move(entries_); }
  std::vector<std::string> TakeAbsent() { return std::move(absent_); }

 private:
  std::string OnDisk(std::string_view path) const { return JoinPath(root_, path); }

  absl::Status Add(std::string_view path, bool recursive) {
    COW_RETURN_IF_ERROR(RelPath::Parse(path).status());
    auto [parent, added] = canonical_.try_emplace(std::string(PathDirname(path)));
    if (added) {
      absl::StatusOr<std::string> found = Canonical(parent->first, kMaxLinks);
      if (!found.ok()) {
        canonical_.erase(parent);
        return found.status();
      }
      parent->second = *std::move(found);
    }
    return AddAt(JoinPath(parent->second, PathBasename(path)), recursive);
  }

  // The directory without links on the way; each link passed becomes part of the tree.
  absl::StatusOr<std::string> Canonical(std::string directory, int links_left) {
    std::string done;
    std::vector<std::string> segments = absl::StrSplit(directory, '/', absl::SkipEmpty());
    for (size_t i = 0; i < segments.size(); ++i) {
      std::string next = JoinPath(done, segments[i]);
      COW_ASSIGN_OR_RETURN(FileInfo info, Lstat(next));
      if (info.kind != FileKind::kSymlink) {
        done = next;
        continue;
      }
      if (links_left == 0) return absl::InvalidArgumentError(absl::StrCat("too many links on the way to '/", directory, "'"));
      COW_RETURN_IF_ERROR(AddLink(next));
      COW_ASSIGN_OR_RETURN(std::string target, Follow(next));
      for (size_t rest = i + 1; rest < segments.size(); ++rest) target = JoinPath(target, segments[rest]);
      return Canonical(std::move(target), links_left - 1);
    }
    return done;
  }

  // Where a link points to, as a path below the root; ".." and "." are taken away.
  absl::StatusOr<std::string> Follow(const std::string& link) const {
    COW_ASSIGN_OR_RETURN(std::string target, ReadLink(OnDisk(link)));
    std::vector<std::string> segments;
    if (!absl::StartsWith(target, "/")) segments = absl::StrSplit(PathDirname(link), '/', absl::SkipEmpty());
    for (absl::string_view segment : absl::StrSplit(target, '/', absl::SkipEmpty())) {
      if (segment == "..") {
        if (!segments.empty()) segments.pop_back();
      } else if (segment != ".") {
        segments.emplace_back(segment);
      }
    }
    std::string path;
    for (const std::string& segment : segments) path = JoinPath(path, segment);
    return path;
  }

  absl::StatusOr<FileInfo> Lstat(const std::string& path) const {
    absl::StatusOr<FileInfo> info = LstatFile(OnDisk(path));
    if (absl::IsNotFound(info.status())) return absl::NotFoundError(absl::StrCat("'/", path, "' does not exist"));
    return info;
  }

  absl::Status AddLink(const std::string& path) {
    if (entries_.contains(path)) return absl::OkStatus();
    COW_ASSIGN_OR_RETURN(std::string target, ReadLink(OnDisk(path)));
    AddParents(path);
    entries_[path] = {.kind = HostTreeEntry::Kind::kSymlink, .path = path, .target = std::move(target)};
    return absl::OkStatus();
  }

  void AddParents(const std::string& path) {
    for (std::string_view parent = PathDirname(path); !parent.empty(); parent = PathDirname(parent)) {
      std::string text(parent);
      if (!entries_.try_emplace(text, HostTreeEntry{.kind = HostTreeEntry::Kind::kDirectory, .path = text}).second) return;
    }
  }

  // `path` has no links on the way.
  absl::Status AddAt(const std::string& path, bool recursive) {
    COW_ASSIGN_OR_RETURN(FileInfo info, Lstat(path));
    switch (info.kind) {
      case FileKind::kSymlink: return AddLink(path);
      case FileKind::kRegular:
        AddParents(path);
        entries_[path] = {.kind = HostTreeEntry::Kind::kFile,
                          .path = path,
                          .source_path = OnDisk(path),
                          .executable = info.executable()};
        return absl::OkStatus();
      case FileKind::kDirectory:
        AddParents(path);
        entries_[path] = {.kind = HostTreeEntry::Kind::kDirectory, .path = path};
        return recursive ? AddChildren(path) : absl::OkStatus();
      case FileKind::kOther: break;
    }
    return absl::InvalidArgumentError(absl::StrCat("'/", path, "' is neither file, directory nor symlink"));
  }

  absl::Status AddChildren(const std::string& directory) {
    COW_ASSIGN_OR_RETURN(std::vector<DirectoryEntry> children, ListDirectory(OnDisk(directory)));
    for (const DirectoryEntry& child : children) {
      if (child.kind == FileKind::kOther) continue;  // sockets and devices have no content
      COW_RETURN_IF_ERROR(AddAt(JoinPath(directory, child.name), true));
    }
    return absl::OkStatus();
  }

  std::string root_;
  std::map<std::string, HostTreeEntry> entries_;
  std::map<std::string, std::string> canonical_;  // directories as lines name them -> without links
  std::vector<std::string> absent_;
};

absl::Status DigestFiles(std::vector<HostTreeEntry>& entries, const FileDigester& digest_file, int threads) {
  std::mutex mutex;
  absl::Status first;
  ParallelFor(threads > 0 ? threads : ProcessorCount(), entries.size(), [&](size_t i) {
    HostTreeEntry& entry = entries[i];
    if (entry.kind != HostTreeEntry::Kind::kFile) return;
    absl::StatusOr<Digest> digest = digest_file(entry.source_path);
    if (digest.ok()) {
      entry.digest = *digest;
      return;
    }
    std::lock_guard<std::mutex> lock(mutex);
    if (first.ok()) first = digest.status();
  });
  return first;
}

}  // namespace

absl::StatusOr<HostTreePtr> LoadHostTree(std::string name, std::string_view manifest, const FileDigester& digest_file,
                                         const HostTreeOptions& options) {
  Capture capture(options);
  int number = 0;
  for (absl::string_view line : absl::StrSplit(manifest, '\n')) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    absl::Status status = capture.AddLine(line);
    if (!status.ok()) return Annotate(status, absl::StrCat("host tree '", name, "', line ", number, " of its manifest"));
  }
  auto tree = std::make_shared<HostTree>();
  tree->name = std::move(name);
  for (auto& [path, entry] : capture.Take()) tree->entries.push_back(std::move(entry));
  tree->absent = capture.TakeAbsent();
  absl::Status status = DigestFiles(tree->entries, digest_file, options.threads);
  if (!status.ok()) return Annotate(status, absl::StrCat("host tree '", tree->name, "'"));
  tree->digest = HostTree::ComputeDigest(tree->entries);
  return HostTreePtr(std::move(tree));
}

}  // namespace cow::loading
