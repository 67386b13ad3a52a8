// SessionLease: what a session relies on, so that no other process removes it from the cache meanwhile.
//
// Each session keeps a set of digests in a file of its scratch directory, which others read: a Bloom filter, so that a
// lease is two bits and may cover too much, never too little. On a full disk it covers everything. A session leases a
// digest before it looks whether the blob
// is there; whoever collects garbage looks at the leases of all living sessions before it takes a blob away and again
// afterwards, and puts back what was leased in between. The session then finds the blob, or finds it missing and makes
// it again.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/digest.h"
#include "engine/base/posix_file.h"
#include "engine/store/cache_layout.h"

namespace cow::store {

// The bits of one session. Any thread.
//
// Its own are in memory, and written to the file as they are set, with holes where none is: a file that takes no room on
// the disk before the system writes it there, and is gone by then, costs nothing. Stores through a shared mapping would
// have to have their room beforehand.
class LeaseMap {
 public:
  // A new file to add to, or that of another session to look at. One of another size, which is being made or another
  // version's, counts as holding everything.
  static absl::StatusOr<std::unique_ptr<LeaseMap>> Create(const std::string& path);
  static absl::StatusOr<std::unique_ptr<LeaseMap>> Open(const std::string& path);
  ~LeaseMap();
  LeaseMap(const LeaseMap&) = delete;
  LeaseMap& operator=(const LeaseMap&) = delete;

  // When it returns, others see the lease. Only of one that was created.
  void Add(const Digest& digest);
  // True of all that was added, and of little else.
  bool MayHold(const Digest& digest) const;

 private:
  LeaseMap(void* words, UniqueFd fd) : words_(static_cast<std::atomic<uint64_t>*>(words)), fd_(std::move(fd)) {}

  uint64_t Word(size_t word) const;
  bool Has(uint64_t bit) const;
  void Set(uint64_t bit);

  std::atomic<uint64_t>* const words_;  // of one that was created; the last one: whether everything is leased
  const UniqueFd fd_;
  absl::Mutex mutex_;                   // held while words are set and written
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
