// VerifyCache: reads everything in a cache and puts what is wrong into quarantine.
//
// Every blob and laid out tree is hashed, every record of the database is read. Nothing here is needed for correctness:
// wrong bytes are never used (see cas.h). It tells whether a disk lies.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/store/local_store.h"

namespace cow::store {

struct VerificationResult {
  int64_t blobs = 0;             // that are sound
  int64_t bytes = 0;             // of them
  int64_t trees = 0;             // that are sound
  int64_t records = 0;           // that are sound
  int64_t incomplete_results = 0;  // of actions, sound, but bytes of outputs are gone: removed to make room
  std::vector<std::string> bad{};  // "blob <hash>: holds ...": what was put into quarantine or removed

  bool ok() const { return bad.empty(); }
};

// An error means that the cache cannot be read, not that something in it is bad.
absl::StatusOr<VerificationResult> VerifyCache(LocalStore& store);

}  // namespace cow::store
