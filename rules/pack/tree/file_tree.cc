#include "rules/pack/tree/file_tree.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "rules/pack/tar/tar_reader.h"

namespace cow::pack {
namespace {

std::string_view KindName(NodeKind kind) {
  switch (kind) {
    case NodeKind::kFile:
      return "file";
    case NodeKind::kDirectory:
      return "directory";
    case NodeKind::kSymlink:
      return "symlink";
  }
  return "";
}

std::string Describe(const Node& node) {
  std::string text(KindName(node.kind));
  if (node.kind == NodeKind::kSymlink) return absl::StrCat(text, " to '", node.link_target, "'");
  absl::StrAppend(&text, absl::StrFormat(" %04o %d:%d", node.mode, node.uid, node.gid));
  if (node.kind == NodeKind::kFile) absl::StrAppend(&text, " of ", node.content->size(), " bytes");
  return text;
}

}  // namespace

Node FileNode(ContentPtr content, uint32_t mode, std::string origin) {
  return {.kind = NodeKind::kFile, .mode = mode, .content = std::move(content), .origin = std::move(origin)};
}

Node DirectoryNode(uint32_t mode, std::string origin) {
  return {.kind = NodeKind::kDirectory, .mode = mode, .origin = std::move(origin)};
}

Node SymlinkNode(std::string target, std::string origin) {
  return {.kind = NodeKind::kSymlink, .mode = 0777, .link_target = std::move(target), .origin = std::move(origin)};
}

absl::StatusOr<std::string> ArchivePath(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  if (path.empty()) return std::string();
  return SafeArchivePath(path);
}

uint32_t DefaultParentMode(std::string_view) { return 0755; }

absl::Status FileTree::Merge(const std::string& path, Node& present, Node& added) {
  bool both_directories = present.kind == NodeKind::kDirectory && added.kind == NodeKind::kDirectory;
  if (added.implied && both_directories) return absl::OkStatus();
  if (present.implied && both_directories) {
    present = std::move(added);
    return absl::OkStatus();
  }
  bool same = present.kind == added.kind && present.link_target == added.link_target &&
              present.mode == added.mode && present.uid == added.uid && present.gid == added.gid;
  if (same && added.kind == NodeKind::kFile) {
    COW_ASSIGN_OR_RETURN(same, SameBytes(*present.content, *added.content));
  }
  if (same) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("'", path, "' is given twice with different contents: ",
                                                 Describe(present), " from ", present.origin, ", ",
                                                 Describe(added), " from ", added.origin));
}

absl::Status FileTree::Add(std::string_view path, Node node) {
  absl::StatusOr<std::string> safe = ArchivePath(path);
  if (!safe.ok()) return Annotate(safe.status(), node.origin);
  if (safe->empty()) {
    if (node.kind == NodeKind::kDirectory) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(node.origin, ": the root must be a directory"));
  }
  auto [it, inserted] = nodes_.try_emplace(*safe, node);
  return inserted ? absl::OkStatus() : Merge(*safe, it->second, node);
}

absl::Status FileTree::AddFromDisk(std::string_view path, const std::string& source, uint32_t mode) {
  COW_ASSIGN_OR_RETURN(FileInfo info, StatFile(source));
  COW_ASSIGN_OR_RETURN(ContentPtr content, FileContent(source));
  if (mode == 0) mode = info.executable() ? 0755 : 0644;
  return Add(path, FileNode(std::move(content), mode, source));
}

absl::Status FileTree::AddDirectory(std::string_view path, const std::string& source,
                                    const PathFilter& exclude) {
  COW_ASSIGN_OR_RETURN(std::string base, ArchivePath(path));
  if (!base.empty()) {
    Node self = DirectoryNode(0755, source);
    self.implied = true;
    COW_RETURN_IF_ERROR(Add(base, std::move(self)));
  }
  COW_ASSIGN_OR_RETURN(std::vector<DirectoryEntry> entries, ListDirectory(source));
  for (const DirectoryEntry& entry : entries) {
    std::string child = JoinPath(base, entry.name);
    std::string file = JoinPath(source, entry.name);
    if (exclude != nullptr && exclude(child)) continue;
    switch (entry.kind) {
      case FileKind::kDirectory:
        COW_RETURN_IF_ERROR(AddDirectory(child, file, exclude));
        break;
      case FileKind::kRegular:
        COW_RETURN_IF_ERROR(AddFromDisk(child, file));
        break;
      case FileKind::kSymlink: {
        COW_ASSIGN_OR_RETURN(std::string target, ReadLink(file));
        COW_RETURN_IF_ERROR(Add(child, SymlinkNode(std::move(target), file)));
        break;
      }
      case FileKind::kOther:
        return absl::InvalidArgumentError(absl::StrCat(file, ": neither file, directory nor symlink"));
    }
  }
  return absl::OkStatus();
}

absl::Status FileTree::AddParents(const std::function<uint32_t(std::string_view)>& mode_of) {
  std::map<std::string, Node> missing;
  for (const auto& [path, node] : nodes_) {
    for (std::string parent(PathDirname(path)); !parent.empty(); parent = std::string(PathDirname(parent))) {
      auto it = nodes_.find(parent);
      if (it == nodes_.end()) {
        Node directory = DirectoryNode(mode_of(parent), node.origin);
        directory.implied = true;
        missing.try_emplace(parent, std::move(directory));
      } else if (it->second.kind != NodeKind::kDirectory) {
        return absl::InvalidArgumentError(absl::StrCat("'", path, "' from ", node.origin, " lies below '",
                                                       parent, "', a ", Describe(it->second), " from ",
                                                       it->second.origin));
      }
    }
  }
  nodes_.merge(missing);
  return absl::OkStatus();
}

Node* FileTree::Find(std::string_view path) {
  auto it = nodes_.find(path);
  return it == nodes_.end() ? nullptr : &it->second;
}

bool GlobMatches(std::string_view pattern, std::string_view path) {
  if (pattern.empty()) return path.empty();
  if (pattern[0] == '*') {
    if (GlobMatches(pattern.substr(1), path)) return true;
    return !path.empty() && path[0] != '/' && GlobMatches(pattern, path.substr(1));
  }
  if (path.empty() || (pattern[0] != path[0] && (pattern[0] != '?' || path[0] == '/'))) return false;
  return GlobMatches(pattern.substr(1), path.substr(1));
}

PathFilter ExcludeFilter(std::vector<std::string> patterns) {
  return [patterns = std::move(patterns)](std::string_view path) {
    for (std::string_view pattern : patterns) {
      while (pattern.starts_with('/')) pattern.remove_prefix(1);
      for (std::string_view part = path; !part.empty(); part = PathDirname(part)) {
        if (GlobMatches(pattern, part)) return true;
      }
    }
    return false;
  };
}

}  // namespace cow::pack
