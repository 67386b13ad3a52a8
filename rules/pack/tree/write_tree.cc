#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "rules/pack/tree/file_tree.h"

namespace cow::pack {

static TarEntry EntryFor(const std::string& name, const Node& node, const TreeTarOptions& options) {
  TarEntry entry{.name = absl::StrCat(options.prefix, name),
                 .mode = node.mode,
                 .uid = node.uid,
                 .gid = node.gid,
                 .mtime = options.mtime,
                 .link_target = node.link_target,
                 .user_name = options.owner_name,
                 .group_name = options.owner_name};
  if (node.kind == NodeKind::kDirectory) {
    entry.type = TarType::kDirectory;
    if (options.directory_slash) entry.name += '/';
  } else if (node.kind == NodeKind::kSymlink) {
    entry.type = TarType::kSymlink;
  }
  return entry;
}

absl::Status WriteTreeAsTar(const FileTree& tree, const TreeTarOptions& options, TarWriter& writer) {
  if (options.root_entry) {
    TarEntry root = EntryFor("", DirectoryNode(0755, ""), options);
    root.name = options.prefix;
    COW_RETURN_IF_ERROR(writer.Add(root));
  }
  for (const auto& [path, node] : tree.nodes()) {
    TarEntry entry = EntryFor(path, node, options);
    if (node.kind == NodeKind::kFile) {
      COW_RETURN_IF_ERROR(Annotate(writer.AddFile(std::move(entry), *node.content), path));
    } else if (node.kind == NodeKind::kSymlink || options.directories) {
      COW_RETURN_IF_ERROR(writer.Add(entry));
    }
  }
  return absl::OkStatus();
}

absl::Status MakeEmptyDirectory(const std::string& directory) {
  COW_RETURN_IF_ERROR(MakeDirectories(directory));
  COW_ASSIGN_OR_RETURN(auto entries, ListDirectory(directory));
  if (entries.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(directory, ": output directory is not empty, it holds '", entries[0].name, "'"));
}

// Parents exist because they sort first; they are directories because AddParents checked it.
absl::Status WriteTreeToDisk(const FileTree& tree, const std::string& directory) {
  COW_RETURN_IF_ERROR(MakeEmptyDirectory(directory));
  for (const auto& [path, node] : tree.nodes()) {
    std::string place = JoinPath(directory, path);
    switch (node.kind) {
      case NodeKind::kDirectory:
        COW_RETURN_IF_ERROR(MakeDirectories(place));
        break;
      case NodeKind::kSymlink:
        COW_RETURN_IF_ERROR(MakeSymlink(node.link_target, place));
        break;
      case NodeKind::kFile:
        COW_RETURN_IF_ERROR(WriteContent(*node.content, place, (node.mode & 0111) != 0 ? 0755 : 0644));
        break;
    }
  }
  return absl::OkStatus();
}

}  // namespace cow::pack
