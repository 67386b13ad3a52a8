#include "engine/store/memory_blob_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"

namespace cow::store {

absl::StatusOr<std::string> MemoryBlobStore::Get(const Digest& digest) {
  if (digest == Digest()) return std::string();
  absl::MutexLock lock(&mutex_);
  auto found = blobs_.find(digest);
  if (found == blobs_.end()) return absl::NotFoundError(absl::StrCat("no blob ", digest.ToString()));
  return found->second;
}

absl::StatusOr<Digest> MemoryBlobStore::Put(std::string_view bytes) {
  Digest digest = Digest::Of(bytes);
  absl::MutexLock lock(&mutex_);
  blobs_.emplace(digest, bytes);
  return digest;
}

absl::StatusOr<Digest> MemoryBlobStore::PutFile(const std::string& path) {
  COW_ASSIGN_OR_RETURN(FileInfo info, StatFile(path));
  if (info.kind != FileKind::kRegular) return absl::InvalidArgumentError(absl::StrCat(path, ": not a regular file"));
  COW_ASSIGN_OR_RETURN(std::string bytes, ReadFile(path));
  return Put(bytes);
}

absl::StatusOr<std::vector<Digest>> MemoryBlobStore::FindMissing(const std::vector<Digest>& digests) {
  std::vector<Digest> missing;
  absl::MutexLock lock(&mutex_);
  for (const Digest& digest : digests) {
    if (digest != Digest() && !blobs_.contains(digest)) missing.push_back(digest);
  }
  return missing;
}

void MemoryBlobStore::Forget(const Digest& digest) {
  absl::MutexLock lock(&mutex_);
  blobs_.erase(digest);
}

}  // namespace cow::store
