#include "rules/pack/oci/root_files.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/status.h"

namespace cow::pack {
namespace {

constexpr std::string_view kOrigin = "the standard root";

absl::Status AddText(std::string_view path, std::string text, FileTree& tree) {
  return tree.Add(path, FileNode(BytesContent(std::move(text)), 0644, std::string(kOrigin)));
}

absl::Status AddHome(const RootUser& user, FileTree& tree) {
  if (user.home.empty() || user.home == "/" || user.home == "/nonexistent") return absl::OkStatus();
  Node home = DirectoryNode(0700, absl::StrCat("home of user '", user.name, "'"));
  home.uid = user.uid;
  home.gid = user.gid;
  Node* present = tree.Find(std::string_view(user.home).substr(1));
  if (present != nullptr && present->kind == NodeKind::kDirectory) {
    *present = home;  // a package may ship /root; the user decides its mode
    return absl::OkStatus();
  }
  return tree.Add(user.home, std::move(home));
}

}  // namespace

absl::StatusOr<RootUser> ParseRootUser(const std::string& text) {
  std::vector<std::string> parts = absl::StrSplit(text, ':');
  RootUser user;
  if (parts.size() < 4 || parts.size() > 5 || parts[0].empty() || !absl::SimpleAtoi(parts[1], &user.uid) ||
      !absl::SimpleAtoi(parts[2], &user.gid) || !parts[3].starts_with('/')) {
    return absl::InvalidArgumentError(absl::StrCat("--user '", text, "' is not NAME:UID:GID:HOME[:SHELL]"));
  }
  user.name = parts[0];
  user.home = parts[3];
  user.shell = parts.size() == 5 ? parts[4] : "/sbin/nologin";
  return user;
}

absl::StatusOr<RootGroup> ParseRootGroup(const std::string& text) {
  std::vector<std::string> parts = absl::StrSplit(text, ':');
  RootGroup group;
  if (parts.size() != 2 || parts[0].empty() || !absl::SimpleAtoi(parts[1], &group.gid)) {
    return absl::InvalidArgumentError(absl::StrCat("--group '", text, "' is not NAME:GID"));
  }
  group.name = parts[0];
  return group;
}

std::vector<RootUser> StandardUsers() {
  return {{"root", 0, 0, "/root", "/bin/sh"},
          {"nobody", 65534, 65534, "/nonexistent", "/sbin/nologin"},
          {"nonroot", 65532, 65532, "/home/nonroot", "/sbin/nologin"}};
}

absl::Status AddUsers(std::vector<RootUser> users, std::vector<RootGroup> groups, FileTree& tree) {
  std::stable_sort(users.begin(), users.end(), [](const auto& a, const auto& b) { return a.uid < b.uid; });
  std::string passwd;
  for (const RootUser& user : users) {
    absl::StrAppend(&passwd, user.name, ":x:", user.uid, ":", user.gid, ":", user.name, ":", user.home, ":",
                    user.shell, "\n");
    bool known = std::any_of(groups.begin(), groups.end(), [&](const auto& g) { return g.gid == user.gid; });
    if (!known) groups.push_back({user.name == "nobody" ? "nogroup" : user.name, user.gid});
    COW_RETURN_IF_ERROR(AddHome(user, tree));
  }
  std::stable_sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) { return a.gid < b.gid; });
  std::string group_file;
  for (const RootGroup& group : groups) absl::StrAppend(&group_file, group.name, ":x:", group.gid, ":\n");
  COW_RETURN_IF_ERROR(AddText("etc/passwd", std::move(passwd), tree));
  return AddText("etc/group", std::move(group_file), tree);
}

absl::Status AddStandardDirectories(FileTree& tree) {
  for (std::string_view path : {"tmp", "var/tmp"}) {
    if (tree.Find(path) != nullptr) tree.Remove(path);
    COW_RETURN_IF_ERROR(tree.Add(path, DirectoryNode(01777, std::string(kOrigin))));
  }
  if (tree.Find("etc/nsswitch.conf") != nullptr) return absl::OkStatus();
  return AddText("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n", tree);
}

absl::Status AddOsRelease(const std::string& file, FileTree& tree) {
  COW_RETURN_IF_ERROR(tree.AddFromDisk("usr/lib/os-release", file, 0644));
  return tree.Add("etc/os-release", SymlinkNode("../usr/lib/os-release", file));
}

absl::Status AddCaBundle(FileTree& tree) {
  constexpr std::string_view kFolder = "usr/share/ca-certificates/";
  std::string bundle;
  for (const auto& [path, node] : tree.nodes()) {
    if (!path.starts_with(kFolder) || !path.ends_with(".crt") || node.kind != NodeKind::kFile) continue;
    COW_ASSIGN_OR_RETURN(std::string certificate, ReadContent(*node.content));
    absl::StrAppend(&bundle, certificate, certificate.ends_with('\n') ? "" : "\n");
  }
  if (bundle.empty()) {
    return absl::InvalidArgumentError("--ca-bundle: the layer has no usr/share/ca-certificates/**/*.crt");
  }
  return AddText("etc/ssl/certs/ca-certificates.crt", std::move(bundle), tree);
}

}  // namespace cow::pack
