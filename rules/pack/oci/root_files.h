// What a root file system needs beside packages: users, groups, /tmp, the CA bundle, os-release.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "rules/pack/tree/file_tree.h"

namespace cow::pack {

struct RootUser {
  std::string name;
  int64_t uid = 0;
  int64_t gid = 0;
  std::string home;
  std::string shell;
};

struct RootGroup {
  std::string name;
  int64_t gid = 0;
};

// NAME:UID:GID:HOME[:SHELL] and NAME:GID.
absl::StatusOr<RootUser> ParseRootUser(const std::string& text);
absl::StatusOr<RootGroup> ParseRootGroup(const std::string& text);

// etc/passwd, etc/group and home directories (0700, owned by the user). A user whose gid no group has gets a
// group of its own name. Replaces nothing: an etc/passwd already in the tree is an error.
absl::Status AddUsers(std::vector<RootUser> users, std::vector<RootGroup> groups, FileTree& tree);

// root, nobody and nonroot, with their groups.
std::vector<RootUser> StandardUsers();
// nsswitch.conf, /tmp, /var/tmp.
absl::Status AddStandardDirectories(FileTree& tree);

absl::Status AddOsRelease(const std::string& file, FileTree& tree);

// The certificates below usr/share/ca-certificates joined into etc/ssl/certs/ca-certificates.crt.
// kInvalidArgument if there are none.
absl::Status AddCaBundle(FileTree& tree);

}  // namespace cow::pack
