// BlobStore: immutable byte strings under their Digest (the content-addressed store, CAS).
//
// All methods may be called from any thread. A store never returns bytes that do not match the digest asked for:
// it returns kDataLoss and forgets the blob. Callers treat kNotFound and kDataLoss alike: as a miss (see IsMiss).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/digest.h"

namespace cow::store {

class BlobStore {
 public:
  virtual ~BlobStore() = default;

  // The bytes; kNotFound if the store does not hold them, kDataLoss if it found that it holds wrong ones.
  virtual absl::StatusOr<std::string> Get(const Digest& digest) = 0;

  // Stores bytes and returns their name. Storing what is present is cheap and succeeds.
  virtual absl::StatusOr<Digest> Put(std::string_view bytes) = 0;

  // Stores the content of a regular file, hashed *while* it is copied: the digest names what the store holds even if
  // somebody writes to the file meanwhile. Follows symlinks. kInvalidArgument if it is not a regular file.
  virtual absl::StatusOr<Digest> PutFile(const std::string& path) = 0;

  // Those of `digests`, in the order given, that Get would not return. What it does not list is present and sound.
  virtual absl::StatusOr<std::vector<Digest>> FindMissing(const std::vector<Digest>& digests) = 0;
};

// The blob is not there (any more): re-derive it. Every other error is the world's or ours.
inline bool IsMiss(const absl::Status& status) { return absl::IsNotFound(status) || absl::IsDataLoss(status); }

}  // namespace cow::store
