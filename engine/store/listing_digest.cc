#include "engine/store/listing_digest.h"

#include "engine/base/rel_path.h"
#include "engine/base/status.h"

namespace cow::store {

Digest DigestOfListing(const std::vector<DirectoryEntry>& listing) {
  RecordHasher hasher("cow/listing");
  for (const DirectoryEntry& entry : listing) hasher.Add(entry.name).AddInt(static_cast<int64_t>(entry.kind));
  return hasher.Finish();
}

absl::StatusOr<SourceListing> ListSources(const std::string& directory) {
  SourceListing listing;
  COW_ASSIGN_OR_RETURN(listing.entries, ListDirectory(directory));
  std::erase_if(listing.entries,
                [](const DirectoryEntry& entry) { return entry.name == "cow-out" || entry.name == "cow-bin"; });
  for (DirectoryEntry& entry : listing.entries) {
    if (entry.kind != FileKind::kSymlink) continue;
    listing.links.push_back(entry.name);
    absl::StatusOr<FileInfo> target = StatFile(JoinPath(directory, entry.name));
    entry.kind = target.ok() ? target->kind : FileKind::kOther;
  }
  return listing;
}

}  // namespace cow::store
