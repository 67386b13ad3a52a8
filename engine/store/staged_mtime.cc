#include "engine/store/staged_mtime.h"

namespace cow::store {

int64_t StagedMtime(std::string_view path, const Digest& digest) {
  // FNV-1a: spread is all that is needed, and thousands of files are staged per second.
  uint32_t hash = 2166136261u;
  auto add = [&hash](std::string_view bytes) {
    for (char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  };
  add(path);
  add(digest.hash_view());
  return 315'532'800 + static_cast<int64_t>(hash & 0x1fffffffu);
}

}  // namespace cow::store
