// What an administrator asks of BlobStorage.

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status.h"
#include "remote-cache/storage/blob_storage.h"

namespace cow::cache {

using store::Table;

absl::StatusOr<int64_t> BlobStorage::Verify(const std::function<void(int64_t blobs, int64_t bytes)>& progress) {
  int64_t blobs = 0;
  int64_t bytes = 0;
  absl::Status trouble;
  std::vector<std::pair<std::string, uint64_t>> bad;
  COW_RETURN_IF_ERROR(database_->Flush());
  COW_ASSIGN_OR_RETURN(const int64_t unsound, database_->ForEach(Table::kState, [&](std::string_view name,
                                                                                    std::string_view encoded) {
    std::optional<StoredRecord> record = DecodeRecord(encoded);
    if (!record || !absl::StartsWith(name, "cas/")) return;
    absl::StatusOr<bool> sound = IsSound(std::string(name), *record);
    if (!sound.ok()) trouble = sound.status();  // the machine's, not the blob's
    if (sound.ok() && !*sound) bad.emplace_back(std::string(name), record->generation);
    progress(++blobs, bytes += record->size);
  }));
  for (const auto& [name, generation] : bad) Drop(name, generation);
  COW_RETURN_IF_ERROR(RemoveRetired());
  COW_RETURN_IF_ERROR(trouble);
  return static_cast<int64_t>(bad.size()) + unsound;
}

absl::StatusOr<int64_t> BlobStorage::SweepOrphans() {
  constexpr int64_t kOld = int64_t{3600} * 1'000'000'000;
  int64_t removed = 0;
  COW_RETURN_IF_ERROR(database_->Flush());
  COW_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> folders, ListDirectory(layout_.cas()));
  for (const DirectoryEntry& folder : folders) {
    const std::string path = absl::StrCat(layout_.cas(), "/", folder.name);
    COW_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> files, ListDirectory(path));
    for (const DirectoryEntry& entry : files) {
      const std::string file = absl::StrCat(path, "/", entry.name);
      absl::StatusOr<FileInfo> info = LstatFile(file);
      if (!info.ok() || absl::ToUnixNanos(absl::Now()) - info->ctime_ns < kOld) continue;
      absl::StatusOr<Digest> digest = Digest::FromHex(std::string_view(entry.name).substr(0, 64), 0);
      if (!digest.ok()) continue;  // not ours
      const Space space = absl::EndsWith(entry.name, ".raw") ? Space::kRaw : Space::kCas;
      const std::string name = NameOf(space, digest->hash());
      absl::MutexLock lock(&StripeOf(name));
      COW_ASSIGN_OR_RETURN(const std::optional<StoredRecord> record, Lookup(name));
      if (record && PathOf(name, record->generation) == file) continue;
      COW_RETURN_IF_ERROR(RemoveFile(file));
      ++removed;
    }
  }
  return removed;
}

}  // namespace cow::cache
