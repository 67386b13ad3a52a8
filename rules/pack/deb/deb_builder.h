// Building a .deb: control data, checksums, conffiles, documentation in its places, ar container.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rules/pack/compress/compressor.h"
#include "rules/pack/tree/file_tree.h"

namespace cow::pack {

struct DebSpec {
  std::string package, version, architecture, maintainer, synopsis;
  std::vector<std::string> extended;  // lines of the long description
  std::vector<std::pair<std::string, std::string>> fields;
  FileTree data;
  std::vector<std::string> conffiles;  // besides files below etc/
  std::string changelog, copyright, lintian_overrides;  // files, or ""
  std::vector<std::string> man_pages, systemd_units;    // files
  std::map<std::string, std::string> scripts;           // name -> file
  std::map<std::string, std::string> control_files;     // name -> file
  std::vector<std::string> shlibs_binaries, symbols_directories;
  Compression compression = Compression::kXz;
  std::optional<int64_t> mtime;
};

// Writes the package. kInvalidArgument names the wrong field or file.
absl::Status BuildDeb(DebSpec spec, const std::string& out);

}  // namespace cow::pack
