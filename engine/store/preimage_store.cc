#include "engine/store/preimage_store.h"

#include <utility>

namespace cow::store {

void PreimageStore::Put(const Digest& digest, std::string_view bytes) {
  {
    absl::MutexLock lock(&mutex_);
    if (!put_.insert(digest).second) return;
  }
  database_.Put(Table::kPreimages, digest.hash_view(), bytes);
}

std::optional<std::string> PreimageStore::Get(const Digest& digest) const {
  absl::StatusOr<std::optional<std::string>> bytes = database_.Get(Table::kPreimages, digest.hash_view());
  if (!bytes.ok()) return std::nullopt;
  return *std::move(bytes);
}

}  // namespace cow::store
