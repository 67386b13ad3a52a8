#include "rules/pack/deb/usrmerge.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/base/rel_path.h"

namespace cow::pack {

std::string MergeUsr(std::string_view path) {
  std::string_view top = path.substr(0, path.find('/'));
  bool merged = std::find(kMergedDirectories.begin(), kMergedDirectories.end(), top) != kMergedDirectories.end();
  return merged ? absl::StrCat("usr/", path) : std::string(path);
}

absl::StatusOr<std::string> ResolveLink(std::string_view link, std::string_view target) {
  std::string full = target.starts_with('/') ? std::string(target) : absl::StrCat(PathDirname(link), "/", target);
  std::vector<std::string_view> parts;
  for (std::string_view part : std::vector<std::string_view>(absl::StrSplit(full, '/'))) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (parts.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("symlink '", link, "' to '", target, "' climbs above the root"));
    } else {
      parts.pop_back();
    }
  }
  return absl::StrJoin(parts, "/");
}

std::string RelativeTarget(std::string_view link, std::string_view place) {
  std::vector<std::string_view> from = absl::StrSplit(PathDirname(link), '/', absl::SkipEmpty());
  std::vector<std::string_view> to = absl::StrSplit(place, '/', absl::SkipEmpty());
  size_t common = 0;
  while (common < from.size() && common < to.size() && from[common] == to[common]) ++common;
  std::vector<std::string_view> parts(from.size() - common, "..");
  parts.insert(parts.end(), to.begin() + static_cast<ptrdiff_t>(common), to.end());
  return parts.empty() ? "." : absl::StrJoin(parts, "/");
}

}  // namespace cow::pack
