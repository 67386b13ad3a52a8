#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "rules/pack/deb/deb_reader.h"
#include "rules/pack/deb/usrmerge.h"

namespace cow::pack {
namespace {

constexpr uint32_t kSetuidBits = 06000;

absl::Status ApplyModes(const DebTreeOptions& options, Node& node) {
  if (node.kind == NodeKind::kFile && (node.mode & kSetuidBits) != 0) {
    if (options.setuid == SetuidPolicy::kReject) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "mode %04o has a setuid or setgid bit, see --setuid", node.mode));
    }
    if (options.setuid == SetuidPolicy::kDrop) node.mode &= ~kSetuidBits;
  }
  if (options.plain_modes) {
    bool executable = node.kind == NodeKind::kDirectory || (node.mode & 0111) != 0;
    node.mode = node.kind == NodeKind::kSymlink ? 0777 : executable ? 0755 : 0644;
    node.uid = node.gid = 0;
  }
  // Packages share directories; one that says something special wins over those that do not.
  node.implied = node.kind == NodeKind::kDirectory && node.mode == 0755 && node.uid == 0 && node.gid == 0;
  return absl::OkStatus();
}

// Sets the target for the link's new place. False: the link would point to itself and is left out.
absl::StatusOr<bool> ApplyLink(const DebTreeOptions& options, const std::string& old_path,
                               const std::string& new_path, Node& node) {
  COW_ASSIGN_OR_RETURN(std::string old_place, ResolveLink(old_path, node.link_target));
  std::string new_place = options.merge_usr ? MergeUsr(old_place) : old_place;
  if (new_place == new_path) return false;
  bool absolute = node.link_target.starts_with('/');
  bool moved = new_place != old_place || new_path != old_path;
  if (absolute ? options.relative_links : moved) node.link_target = RelativeTarget(new_path, new_place);
  return true;
}

absl::Status AddEntry(const DebEntry& entry, const DebTreeOptions& options, FileTree& tree) {
  std::string path = options.merge_usr ? MergeUsr(entry.path) : entry.path;
  if (options.exclude != nullptr && options.exclude(path)) return absl::OkStatus();
  Node node = entry.node;
  COW_RETURN_IF_ERROR(Annotate(ApplyModes(options, node), path));
  if (node.kind == NodeKind::kSymlink) {
    COW_ASSIGN_OR_RETURN(bool keep, ApplyLink(options, entry.path, path, node));
    if (!keep) return absl::OkStatus();
  }
  return tree.Add(path, std::move(node));
}

}  // namespace

absl::Status AddDebToTree(const DebPackage& package, const DebTreeOptions& options, FileTree& tree) {
  for (const DebEntry& entry : package.entries) {
    COW_RETURN_IF_ERROR(Annotate(AddEntry(entry, options, tree), package.file));
  }
  return absl::OkStatus();
}

absl::Status AddMergedUsrLinks(FileTree& tree, bool all) {
  for (std::string_view directory : kMergedDirectories) {
    std::string target = absl::StrCat("usr/", directory);
    if (!all && tree.Find(target) == nullptr) continue;
    COW_RETURN_IF_ERROR(tree.Add(directory, SymlinkNode(target, "--usrmerge-links")));
    if (!all) continue;
    Node node = DirectoryNode(0755, "--usrmerge-links");
    node.implied = true;
    COW_RETURN_IF_ERROR(tree.Add(target, std::move(node)));
  }
  return absl::OkStatus();
}

}  // namespace cow::pack
