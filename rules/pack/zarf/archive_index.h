// What a Zarf package archive holds, read in one pass: digests of all files, bytes of the small ones, names in
// component archives.
#pragma once

#include <map>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"

namespace cow::pack {

struct ArchiveIndex {
  std::map<std::string, Digest> files;                              // regular files
  std::map<std::string, std::string> texts;                         // bytes of files up to 4 MiB
  std::map<std::string, std::set<std::string>> component_entries;  // entries of components/<name>.tar
};

// Refuses names Zarf does not extract, names with "./" and paths given twice.
absl::StatusOr<ArchiveIndex> ReadZarfArchive(const std::string& file);

}  // namespace cow::pack
