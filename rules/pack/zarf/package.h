// Building a Zarf package: the composed definition, component archives, images and checksums as one archive.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rules/pack/zarf/definition.h"

namespace cow::pack {

struct ZarfSpec {
  DefinitionOptions definition;
  std::vector<std::pair<std::string, std::string>> images;   // reference -> layout directory
  std::vector<std::pair<std::string, std::string>> sources;  // path in zarf.yaml -> file or directory
  bool skip_on_create = false;
  std::string zarf_version = "v0.84.0";
  int64_t mtime = 0;  // becomes build.timestamp; all tar entries have time 0
};

// Writes the package. kInvalidArgument if the base name of `out` is not the one Zarf gives such a package.
absl::Status BuildZarfPackage(const ZarfSpec& spec, const std::string& out);

// zarf-package-<name>-<arch>[-<version>][-<flavor>].tar.zst
std::string ZarfPackageName(const YamlNode& package, const DefinitionOptions& options);

}  // namespace cow::pack
