// TarEntry: one member of a tar archive, as all formats here need it: no devices, no sparse files.
#pragma once

#include <cstdint>
#include <string>

namespace cow::pack {

enum class TarType { kFile, kDirectory, kSymlink, kHardLink };

struct TarEntry {
  std::string name = {};  // exactly as in the archive: may start with "./", end with "/"
  TarType type = TarType::kFile;
  uint32_t mode = 0644;  // permission bits with setuid, setgid and sticky
  int64_t uid = 0;
  int64_t gid = 0;
  int64_t mtime = 0;
  int64_t size = 0;         // of a file's content
  std::string link_target = {};  // of symlinks and hard links
  std::string user_name = {};
  std::string group_name = {};

  friend bool operator==(const TarEntry&, const TarEntry&) = default;
};

}  // namespace cow::pack
