// RelPath: a normalized path relative to some root.
//
// Never empty segments, ".", "..", a leading or trailing slash, or NUL. The empty path is the root itself.
// Parse is the only door in, so a RelPath can be joined to a root without further checks.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace cow {

class RelPath {
 public:
  RelPath() = default;

  // kInvalidArgument with the reason if `text` is not normalized.
  static absl::StatusOr<RelPath> Parse(std::string_view text);

  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  std::string_view Basename() const;
  RelPath Dirname() const;
  RelPath Join(const RelPath& child) const;

  friend bool operator==(const RelPath&, const RelPath&) = default;
  friend auto operator<=>(const RelPath&, const RelPath&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const RelPath& path) {
    return H::combine(std::move(state), path.text_);
  }

 private:
  explicit RelPath(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// String forms for code that holds checked paths as strings.
std::string_view PathBasename(std::string_view path);
std::string_view PathDirname(std::string_view path);  // "" for a path without slash
std::string JoinPath(std::string_view a, std::string_view b);

}  // namespace cow
