// CacheCensus: what lies in a cache and how much room it takes on disk.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "engine/base/posix_file.h"
#include "engine/store/cache_layout.h"
#include "engine/store/database.h"

namespace cow::store {

struct Room {
  int64_t count = 0;
  int64_t bytes = 0;  // whole blocks
};

struct CacheCensus {
  Room blobs{};         // files of the CAS: outputs, sources and what was fetched
  Room trees{};         // directories laid out for sandboxes
  Room repositories{};
  Room scratch{};       // of sessions that live or died
  Room quarantine{};
  int64_t database_bytes = 0;
  // In the database; bytes of keys and values.
  Room results{};       // of the action cache
  Room preimages{};
  Room states{};        // of builds, files and repositories
  Room build_records{};
  int64_t damaged_records = 0;

  int64_t total_bytes() const {
    return blobs.bytes + trees.bytes + repositories.bytes + scratch.bytes + quarantine.bytes + database_bytes;
  }
};

// Records of the database are counted only if `with_records`. Files that vanish meanwhile are not counted.
absl::StatusOr<CacheCensus> TakeCensus(const CacheLayout& layout, Database& database, bool with_records);

// Calls `visit` for each file of the CAS: its name below a fan-out directory, its path. In order.
absl::Status ForEachBlobFile(const CacheLayout& layout,
                             const std::function<void(const std::string& name, const std::string& path)>& visit);

// The room that a file takes, or a directory with all below it.
int64_t RoomOf(const FileInfo& info);
Room RoomBelow(const std::string& directory);

}  // namespace cow::store
