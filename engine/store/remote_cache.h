// RemoteCache: results and blobs that other machines have made. It can cost time, never more: what it does not have, cannot
// give or gives wrong is a miss, and who is asked says so itself, once. All methods may be called from any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/digest.h"
#include "engine/model/action_result.h"
#include "engine/store/read_sets.h"

namespace cow::store {

struct RemoteResult {
  ActionResult result{};            // outputs in any order
  ReadSet read{};                   // what the action read of its inputs, by place; empty if that is not known
};

// A result to be sent, and all that is needed to use it.
struct RemoteUpload {
  Digest key{};
  ActionResult result{};
  ReadSet read{};
  std::vector<Digest> blobs{};          // of this machine's CAS
  std::vector<std::string> messages{};  // blobs that are not in it
};

class RemoteCache {
 public:
  virtual ~RemoteCache() = default;

  // Results may be looked up; results may be sent.
  virtual bool reads() const = 0;
  virtual bool writes() const = 0;

  // A claim: its blobs are for the caller to fetch.
  virtual std::optional<RemoteResult> Find(const Digest& key) = 0;

  // Whether it says that it holds all of these now. Nothing comes.
  virtual bool Has(const std::vector<Digest>& blobs) = 0;

  // Brings blobs into this machine's CAS, under their digests and no others. Whether all of them are there now.
  virtual bool Fetch(const std::vector<Digest>& blobs) = 0;

  // Returns at once; sent in the background, or not.
  virtual void Offer(RemoteUpload upload) = 0;
};

}  // namespace cow::store
