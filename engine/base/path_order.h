// The order in which a walk through directories meets paths: all below "a" come before "a.b".
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

}  // namespace cow
