// SpawnPlaces: where the bytes are that a spawn sees. Any thread.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "engine/execution/spawn_runner.h"
#include "engine/store/cas.h"
#include "engine/store/tree_store.h"

namespace cow::execution {

class SpawnPlaces {
 public:
  virtual ~SpawnPlaces() = default;

  // Absolute paths of an input file and of the directory of an input tree. kNotFound, kDataLoss: it is not there any more.
  virtual absl::StatusOr<std::string> FileOf(const SpawnInput& input) = 0;
  virtual absl::StatusOr<std::string> TreeOf(const SpawnInput& input) = 0;
  // Of the directory that becomes its root; "" for an empty one.
  virtual absl::StatusOr<std::string> RootOf(const Spawn& spawn) = 0;
  // Another number than before tells that what was copied from files before may be wrong.
  virtual uint64_t Generation() = 0;
};

// In the cache of this machine; both outlive the places.
class CachePlaces final : public SpawnPlaces {
 public:
  CachePlaces(store::LocalCas& cas, store::TreeStore& trees) : cas_(cas), trees_(trees) {}

  absl::StatusOr<std::string> FileOf(const SpawnInput& input) override { return cas_.RecentPathOf(input.digest); }
  absl::StatusOr<std::string> TreeOf(const SpawnInput& input) override { return trees_.MaterializeTree(input.digest); }
  absl::StatusOr<std::string> RootOf(const Spawn& spawn) override;
  uint64_t Generation() override { return cas_.damage_seen(); }

 private:
  store::LocalCas& cas_;
  store::TreeStore& trees_;
};

}  // namespace cow::execution
