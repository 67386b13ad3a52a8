// Reading .deb files: the control members and the data entries, checked, in memory.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rules/pack/deb/control.h"
#include "rules/pack/tree/file_tree.h"

namespace cow::pack {

struct DebEntry {
  std::string path;  // safe, without "./"; never the root
  Node node;         // as in the archive; a hard link has become a file sharing its content
};

struct DebPackage {
  std::string file;  // for messages
  ControlParagraph control;
  std::map<std::string, std::string> control_files;  // by name: control, md5sums, shlibs, ...
  std::vector<DebEntry> entries;

  std::string_view name() const { return control.Get("Package"); }
};

// Errors name the file. Refuses what TarReader and SafeArchivePath refuse, hard links to anything but an
// earlier file of the package, and entries below a symlink of the package.
absl::StatusOr<DebPackage> ReadDeb(const std::string& file);

enum class SetuidPolicy { kReject, kDrop, kKeep };

struct DebTreeOptions {
  bool merge_usr = true;
  bool relative_links = false;  // every symlink becomes relative and stays inside; for trees on disk
  bool plain_modes = false;     // 0755/0644, owner root
  SetuidPolicy setuid = SetuidPolicy::kReject;
  PathFilter exclude = {};  // sees the merged path; may be null
};

absl::Status AddDebToTree(const DebPackage& package, const DebTreeOptions& options, FileTree& tree);

// The links bin -> usr/bin, ... for each usr/X directory the tree has, or for all of them.
absl::Status AddMergedUsrLinks(FileTree& tree, bool all);

}  // namespace cow::pack
