// Where paths lie in a tree of directories. A walk through it meets all below "a" before "a.b".
#pragma once

#include <algorithm>
#include <string_view>

namespace cow {

// Like operator< on strings, with '/' before every other byte, so that each directory is contiguous.
inline bool PathBefore(std::string_view a, std::string_view b) {
  size_t common = std::min(a.size(), b.size());
  for (size_t i = 0; i < common; ++i) {
    if (a[i] == b[i]) continue;
    if (a[i] == '/') return true;
    if (b[i] == '/') return false;
    return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[i]);
  }
  return a.size() < b.size();
}

// Both are clean: no "." or "..", no slash at the end.
inline bool IsBelow(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() && path[directory.size()] == '/' && path.starts_with(directory);
}
inline bool IsAtOrBelow(std::string_view path, std::string_view directory) {
  return path == directory || IsBelow(path, directory);
}

}  // namespace cow
