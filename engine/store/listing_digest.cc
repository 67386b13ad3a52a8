#include "engine/store/listing_digest.h"

#include "engine/base/rel_path.h"

namespace cow::store {

Digest DigestOfListing(const std::vector<DirectoryEntry>& listing) {
  RecordHasher hasher("cow/listing");
  for (const DirectoryEntry& entry : listing) hasher.Add(entry.name).AddInt(static_cast<int64_t>(entry.kind));
  return hasher.Finish();
}

bool ResolveLinks(const std::string& directory, std::vector<DirectoryEntry>* listing) {
  bool any = false;
  for (DirectoryEntry& entry : *listing) {
    if (entry.kind != FileKind::kSymlink) continue;
    any = true;
    absl::StatusOr<FileInfo> target = StatFile(JoinPath(directory, entry.name));
    entry.kind = target.ok() ? target->kind : FileKind::kOther;
  }
  return any;
}

}  // namespace cow::store
