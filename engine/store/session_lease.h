// SessionLease: what a session relies on, so that no other process removes it from the cache meanwhile.
//
// Each session keeps a set of digests in a file of its scratch directory, mapped and shared: a Bloom filter, so that a
// lease is two bits and may cover too much, never too little. A session leases a digest before it looks whether the blob
// is there; whoever collects garbage looks at the leases of all living sessions before it takes a blob away and again
// afterwards, and puts back what was leased in between. The session then finds the blob, or finds it missing and makes
// it again.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/store/cache_layout.h"

namespace cow::store {

// A mapped file of bits. Any thread, any process.
class LeaseMap {
 public:
  // A new file, or an existing one to look at.
  static absl::StatusOr<std::unique_ptr<LeaseMap>> Create(const std::string& path);
  static absl::StatusOr<std::unique_ptr<LeaseMap>> Open(const std::string& path);
  ~LeaseMap();
  LeaseMap(const LeaseMap&) = delete;
  LeaseMap& operator=(const LeaseMap&) = delete;

  void Add(const Digest& digest);
  // True of all that was added, and of little else.
  bool MayHold(const Digest& digest) const;

 private:
  explicit LeaseMap(void* words) : words_(static_cast<std::atomic<uint64_t>*>(words)) {}
  static absl::StatusOr<std::unique_ptr<LeaseMap>> Map(const std::string& path, bool create);

  std::atomic<uint64_t>* const words_;
};

// The leases of a session lie in its directory under this name.
inline constexpr char kLeaseFile[] = "lease";

// Those of all living sessions but the one with the directory `own` (a path). Looked up once, at construction, and again
// by Refresh: a session that begins later leases nothing before that it could lose.
class LivingLeases {
 public:
  LivingLeases(const CacheLayout& layout, std::string own);

  absl::Status Refresh();
  bool MayHold(const Digest& digest) const;
  size_t sessions() const { return maps_.size(); }

 private:
  const std::string tmp_dir_;
  const std::string own_;
  std::vector<std::unique_ptr<LeaseMap>> maps_;
};

}  // namespace cow::store
