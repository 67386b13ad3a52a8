// LoadHostTree: a manifest of absolute paths becomes a HostTree whose files are all hashed.
//
// Lines of a manifest:
//   /usr/bin/gcc          a file, a symlink (kept as a symlink) or a directory (only itself)
//   /usr/lib/gcc/**       everything below
//   ?/etc/alternatives/x  may be absent
// Empty lines and lines that start with '#' say nothing. On machines whose /bin is a link to usr/bin, /bin/x
// is taken as usr/bin/x and the link itself is part of the tree. Parents are added.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/loading/workspace.h"
#include "engine/model/host_tree.h"

namespace cow::loading {

struct HostTreeOptions {
  std::string root = "/";  // where the paths of the manifest begin
  int threads = 0;         // for digesting; 0: one per processor
};

// `name` is for messages: "@host_cc//:tree". Failure: a plain message naming the path.
absl::StatusOr<HostTreePtr> LoadHostTree(std::string name, std::string_view manifest, const FileDigester& digest_file,
                                         const HostTreeOptions& options = {});

}  // namespace cow::loading
