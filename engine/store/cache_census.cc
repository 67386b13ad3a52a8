#include "engine/store/cache_census.h"

#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace cow::store {
namespace {

constexpr int64_t kBlock = 4096;

absl::Status CountRecords(Database& database, Table table, Room& room, int64_t& damaged) {
  COW_ASSIGN_OR_RETURN(int64_t bad, database.ForEach(table, [&](std::string_view key, std::string_view value) {
    ++room.count;
    room.bytes += static_cast<int64_t>(key.size() + value.size());
  }));
  damaged += bad;
  return absl::OkStatus();
}

}  // namespace

int64_t RoomOf(const FileInfo& info) { return (info.size + kBlock - 1) / kBlock * kBlock; }

Room RoomBelow(const std::string& directory) {
  Room room;
  std::vector<std::string> todo = {directory};
  while (!todo.empty()) {
    const std::string next = std::move(todo.back());
    todo.pop_back();
    absl::StatusOr<std::vector<DirectoryEntry>> entries = ListDirectory(next);
    if (!entries.ok()) continue;
    for (const DirectoryEntry& entry : *entries) {
      std::string path = absl::StrCat(next, "/", entry.name);
      absl::StatusOr<FileInfo> info = LstatFile(path);
      if (!info.ok()) continue;
      ++room.count;
      room.bytes += RoomOf(*info);
      if (info->kind == FileKind::kDirectory) todo.push_back(std::move(path));
    }
  }
  return room;
}

absl::Status ForEachBlobFile(const CacheLayout& layout,
                             const std::function<void(const std::string& name, const std::string& path)>& visit) {
  COW_ASSIGN_OR_RETURN(auto folders, ListDirectory(layout.cas()));
  for (const DirectoryEntry& folder : folders) {
    const std::string directory = absl::StrCat(layout.cas(), "/", folder.name);
    if (folder.kind != FileKind::kDirectory) {
      visit(folder.name, directory);
      continue;
    }
    COW_ASSIGN_OR_RETURN(auto files, ListDirectory(directory));
    for (const DirectoryEntry& file : files) visit(file.name, absl::StrCat(directory, "/", file.name));
  }
  return absl::OkStatus();
}

absl::StatusOr<CacheCensus> TakeCensus(const CacheLayout& layout, Database& database, bool with_records) {
  CacheCensus census;
  COW_RETURN_IF_ERROR(ForEachBlobFile(layout, [&](const std::string&, const std::string& path) {
    absl::StatusOr<FileInfo> info = LstatFile(path);
    if (!info.ok()) return;
    ++census.blobs.count;
    census.blobs.bytes += RoomOf(*info);
  }));
  COW_ASSIGN_OR_RETURN(auto trees, ListDirectory(layout.trees()));
  for (const DirectoryEntry& tree : trees) {
    if (tree.kind != FileKind::kDirectory) continue;
    ++census.trees.count;
    census.trees.bytes += RoomBelow(absl::StrCat(layout.trees(), "/", tree.name)).bytes;
  }
  census.repositories = RoomBelow(layout.repos());
  census.scratch = RoomBelow(layout.tmp());
  census.quarantine = RoomBelow(layout.quarantine());
  census.database_bytes = RoomBelow(layout.db()).bytes;
  if (!with_records) return census;
  int64_t& damaged = census.damaged_records;
  COW_RETURN_IF_ERROR(CountRecords(database, Table::kActions, census.results, damaged));
  COW_RETURN_IF_ERROR(CountRecords(database, Table::kPreimages, census.preimages, damaged));
  for (Table table : {Table::kState, Table::kFileStates, Table::kBlobs, Table::kTrees, Table::kMeta}) {
    COW_RETURN_IF_ERROR(CountRecords(database, table, census.states, damaged));
  }
  for (Table table : {Table::kLastKeys, Table::kBuilds, Table::kBuildActions}) {
    COW_RETURN_IF_ERROR(CountRecords(database, table, census.build_records, damaged));
  }
  return census;
}

}  // namespace cow::store
