#include "rules/pack/cli/tree_flags.h"

#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"

namespace cow::pack {
namespace {

absl::StatusOr<uint32_t> ParseMode(std::string_view text) {
  uint32_t mode = 0;
  bool ok = !text.empty() && text.size() <= 5;
  for (char c : text) {
    ok = ok && c >= '0' && c <= '7';
    mode = mode * 8 + static_cast<uint32_t>(c - '0');
  }
  if (ok && mode <= 07777) return mode;
  return absl::InvalidArgumentError(absl::StrCat("--mode '", text, "' is not an octal mode up to 7777"));
}

absl::StatusOr<std::pair<int64_t, int64_t>> ParseOwner(std::string_view text) {
  size_t colon = text.find(':');
  int64_t uid = -1, gid = -1;
  if (colon != std::string_view::npos && absl::SimpleAtoi(text.substr(0, colon), &uid) &&
      absl::SimpleAtoi(text.substr(colon + 1), &gid) && uid >= 0 && gid >= 0) {
    return std::pair{uid, gid};
  }
  return absl::InvalidArgumentError(absl::StrCat("--owner '", text, "' is not UID:GID in numbers"));
}

absl::StatusOr<Node*> FindNode(std::string_view flag, const std::string& path, const PathMap& map,
                               FileTree& tree) {
  COW_ASSIGN_OR_RETURN(std::string safe, ArchivePath(path));
  Node* node = tree.Find(map(safe));
  if (node == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("--", flag, " '", path, "': there is no such entry"));
  }
  return node;
}

absl::StatusOr<std::string> Place(const std::string& path, const PathMap& map) {
  COW_ASSIGN_OR_RETURN(std::string safe, ArchivePath(path));
  return map(safe);
}

}  // namespace

std::vector<FlagSpec> TreeFlags() {
  return {{"file", FlagKind::kRepeated, "DEST=SRC", "a regular file"},
          {"tree", FlagKind::kRepeated, "DEST=DIR", "everything below DIR"},
          {"symlink", FlagKind::kRepeated, "DEST=TARGET", "a symbolic link"},
          {"dir", FlagKind::kRepeated, "DEST", "a directory"},
          {"mode", FlagKind::kRepeated, "DEST=OCTAL", "permission bits of an entry"}};
}

absl::Status AddTreeFlags(const ParsedFlags& flags, const PathMap& map, const PathFilter& exclude,
                          FileTree& tree) {
  COW_ASSIGN_OR_RETURN(auto trees, flags.Pairs("tree"));
  for (const auto& [path, source] : trees) {
    // Mapping must see whole paths, so a tree is first read by itself.
    FileTree part;
    COW_RETURN_IF_ERROR(part.AddDirectory(path, source, nullptr));
    for (const auto& [inner, node] : part.nodes()) {
      std::string place = map(inner);
      if (exclude != nullptr && exclude(place)) continue;
      COW_RETURN_IF_ERROR(tree.Add(place, node));
    }
  }
  COW_ASSIGN_OR_RETURN(auto files, flags.Pairs("file"));
  for (const auto& [path, source] : files) {
    COW_ASSIGN_OR_RETURN(std::string place, Place(path, map));
    COW_RETURN_IF_ERROR(tree.AddFromDisk(place, source));
  }
  COW_ASSIGN_OR_RETURN(auto links, flags.Pairs("symlink"));
  for (const auto& [path, target] : links) {
    COW_ASSIGN_OR_RETURN(std::string place, Place(path, map));
    if (target.empty()) return absl::InvalidArgumentError(absl::StrCat("--symlink '", path, "' has no target"));
    COW_RETURN_IF_ERROR(tree.Add(place, SymlinkNode(target, "--symlink")));
  }
  for (const std::string& path : flags.All("dir")) {
    COW_ASSIGN_OR_RETURN(std::string place, Place(path, map));
    COW_RETURN_IF_ERROR(tree.Add(place, DirectoryNode(0755, "--dir")));
  }
  return absl::OkStatus();
}

absl::Status ApplyModeFlags(const ParsedFlags& flags, const PathMap& map, FileTree& tree) {
  COW_ASSIGN_OR_RETURN(auto modes, flags.Pairs("mode"));
  for (const auto& [path, text] : modes) {
    COW_ASSIGN_OR_RETURN(Node * node, FindNode("mode", path, map, tree));
    COW_ASSIGN_OR_RETURN(node->mode, ParseMode(text));
  }
  COW_ASSIGN_OR_RETURN(auto owners, flags.Pairs("owner"));
  for (const auto& [path, text] : owners) {
    COW_ASSIGN_OR_RETURN(Node * node, FindNode("owner", path, map, tree));
    COW_ASSIGN_OR_RETURN(auto owner, ParseOwner(text));
    node->uid = owner.first;
    node->gid = owner.second;
  }
  return absl::OkStatus();
}

}  // namespace cow::pack
