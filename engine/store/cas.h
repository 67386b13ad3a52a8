// LocalCas: the BlobStore on this machine's disk, one file of mode 0444 per blob at `<cache>/cas/ab/<sha256>`.
//
// No fsync on the way of a build. Instead each blob has a trust record (see trust_index.h): a blob is
// trusted without reading it if the file is still that inode with that ctime and it was written in this boot (a dead
// process cannot hurt the page cache) or a completed checkpoint (syncfs, then a durable record) covers it. Any other
// blob is hashed once, at first use; if it does not match it moves to `<cache>/quarantine` and is missing.
//
// Several processes may use one cache. All methods may be called from any thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/posix_file.h"
#include "engine/store/blob_store.h"
#include "engine/store/cache_layout.h"
#include "engine/store/database.h"

namespace cow::store {

class Checkpointer;
class LeaseMap;
class TrustIndex;

class LocalCas final : public BlobStore {
 public:
  // `scratch_dir` (a SessionDir) lies on the cache's file system. `database` outlives the store.
  static absl::StatusOr<std::unique_ptr<LocalCas>> Create(const CacheLayout& layout, std::string scratch_dir,
                                                          Database* database);
  ~LocalCas() override;

  absl::StatusOr<std::string> Get(const Digest& digest) override;
  absl::StatusOr<Digest> Put(std::string_view bytes) override;
  absl::StatusOr<Digest> PutFile(const std::string& path) override;
  absl::StatusOr<std::vector<Digest>> FindMissing(const std::vector<Digest>& digests) override;

  // Moves a finished output file into the store without copying it. The file must be regular, have one link and no
  // process that may still write to it; it becomes ours, read-only, and `path` is gone on success. Falls back to
  // a copy where the file cannot be renamed or owned. kFailedPrecondition if it has several links.
  absl::StatusOr<Digest> AdoptFile(const std::string& path);

  // The path of a sound blob, for staging and copying; nobody may write to it. kNotFound or kDataLoss: a miss.
  absl::StatusOr<std::string> PathOf(const Digest& digest);
  // The same, but may rely on a look of the last two seconds: whoever opens the path must expect that it is gone.
  absl::StatusOr<std::string> RecentPathOf(const Digest& digest);
  // The next RecentPathOf of any blob looks.
  void ForgetLooks();
  // How many blobs were found damaged so far: what was copied from the store before may be wrong.
  uint64_t damage_seen() const { return damage_seen_.load(); }
  // Where the blob would be; says nothing about whether it is there.
  std::string UncheckedPathOf(const Digest& digest) const;

  // The digest of the sound blob with this hash (64 lower-case hex digits), for those who do not know its size.
  // kInvalidArgument: not a hash. kNotFound or kDataLoss: a miss.
  absl::StatusOr<Digest> FindBySha256(std::string_view sha256);

  // Keeps other processes from removing the blob, or the tree of this digest, while this session lives. All methods that
  // take or return a digest do so themselves.
  void Lease(const Digest& digest);

  bool Contains(const Digest& digest) { return PathOf(digest).ok(); }

  // A read-only descriptor of a sound blob.
  absl::StatusOr<UniqueFd> Open(const Digest& digest);

  // Makes all blobs present now trusted after a power cut. Costs a syncfs; does nothing if nothing was written.
  // Runs by itself in sessions that last longer than a few seconds.
  absl::Status Checkpoint();

 private:
  struct Temp;
  LocalCas(const CacheLayout& layout, std::string scratch_dir, Database* database);

  absl::StatusOr<Temp> CreateTemp() const;
  absl::Status Publish(Temp temp, const Digest& digest);
  absl::Status Rehash(const Digest& digest);
  absl::Status Quarantine(const Digest& digest, uint64_t inode, std::string_view reason);
  absl::StatusOr<Digest> CopyAndRemove(const std::string& path);

  const std::string cas_dir_;
  const std::string quarantine_dir_;
  const std::string scratch_dir_;
  std::atomic<uint64_t> damage_seen_{0};
  std::unique_ptr<LeaseMap> lease_;
  std::unique_ptr<TrustIndex> index_;
  absl::Mutex looks_mutex_;
  absl::flat_hash_map<Digest, int64_t> looks_ ABSL_GUARDED_BY(looks_mutex_);  // found then, monotonic nanoseconds
  std::unique_ptr<Checkpointer> checkpointer_;
};

}  // namespace cow::store
