// CacheLayout: where the cache lies on disk.
//
//   cas/ab/<sha256>  blobs        trees/<digest>  materialised trees     db/          records (LMDB)
//   repos/           repositories tmp/            scratch of sessions    quarantine/  what turned out damaged
//   downloads/       beginnings of files that are being fetched
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace cow::store {

struct CacheLayout {
  std::string root{};  // absolute

  std::string cas() const { return root + "/cas"; }
  std::string trees() const { return root + "/trees"; }
  std::string db() const { return root + "/db"; }
  std::string repos() const { return root + "/repos"; }
  std::string tmp() const { return root + "/tmp"; }
  std::string quarantine() const { return root + "/quarantine"; }
  std::string downloads() const { return root + "/downloads"; }  // made when something is fetched
};

// $COW_CACHE_DIR, else $XDG_CACHE_HOME/cow, else $HOME/.cache/cow. kFailedPrecondition if none is set or the path is
// not absolute.
absl::StatusOr<std::string> DefaultCacheRoot();

// Creates the directories (mode 0700) where they are missing. kPermissionDenied, saying what to do, if the root
// belongs to somebody else or others may write to it.
absl::StatusOr<CacheLayout> OpenCache(const std::string& root);

}  // namespace cow::store
