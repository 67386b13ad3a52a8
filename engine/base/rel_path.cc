#include "engine/base/rel_path.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace cow {

absl::StatusOr<RelPath> RelPath::Parse(std::string_view text) {
  if (text.empty()) return RelPath();
  auto refuse = [&](std::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("path '", text, "' ", why));
  };
  if (text.front() == '/') return refuse("must not be absolute");
  if (text.find('\0') != std::string_view::npos) return refuse("must not contain a NUL byte");
  for (std::string_view segment : absl::StrSplit(text, '/')) {
    if (segment.empty()) return refuse("has an empty segment");
    if (segment == "." || segment == "..") return refuse(absl::StrCat("must not contain '", segment, "'"));
  }
  return RelPath(std::string(text));
}

std::string_view RelPath::Basename() const { return PathBasename(text_); }
RelPath RelPath::Dirname() const { return RelPath(std::string(PathDirname(text_))); }
RelPath RelPath::Join(const RelPath& child) const { return RelPath(JoinPath(text_, child.text_)); }

std::string_view PathBasename(std::string_view path) {
  size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view PathDirname(std::string_view path) {
  size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {};
  return path.substr(0, slash == 0 ? 1 : slash);
}

std::string JoinPath(std::string_view a, std::string_view b) {
  if (a.empty()) return std::string(b);
  if (b.empty()) return std::string(a);
  if (a.back() == '/') return absl::StrCat(a, b);
  return absl::StrCat(a, "/", b);
}

}  // namespace cow
