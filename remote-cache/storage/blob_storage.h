// BlobStorage: blobs and results on disk, within a bound. Records lie in LMDB, blobs of more than 8 KiB in files
// `cas/ab/<hash>-<generation>`; the records are the truth, so nothing is scanned at start and a crash leaves files without a
// record, never a record without its file. Bytes become visible when they are complete and have their digest.
//
// Above `max_bytes` what was not used for longest goes (a sample at a time), but nothing that was used within
// `min_retention`; above `hard_max_bytes` that goes too, and uploads that find no room are refused. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "engine/base/digest.h"
#include "engine/base/posix_file.h"
#include "engine/store/cache_layout.h"
#include "engine/store/database.h"
#include "remote-cache/storage/blob_reader.h"
#include "remote-cache/storage/blob_writer.h"
#include "remote-cache/storage/checkpoints.h"
#include "remote-cache/storage/stored_record.h"

namespace cow::cache {

enum class Space {
  kCas,      // key: SHA-256 of the bytes
  kRaw,      // any bytes under any key
  kResults,  // action results, always in the index
};

struct StorageOptions {
  std::string directory{};  // absolute
  int64_t max_bytes = int64_t{10} << 30;
  int64_t hard_max_bytes = 0;  // 0: a twentieth more than max_bytes
  absl::Duration min_retention = absl::Hours(3);
  absl::Duration checkpoint_interval = absl::Seconds(10);
  bool works_alone = true;                // evicts, counts and takes checkpoints by itself; false: only what is asked for
  std::string boot_id{};                  // "": of the running system
  std::function<int64_t()> now_minute{};  // unset: the system's clock
};

struct StorageStatistics {
  int64_t used_bytes = 0;      // on disk
  int64_t reserved_bytes = 0;  // of uploads
  int64_t evicted_blobs = 0;
  int64_t evicted_bytes = 0;
  int64_t evicted_age_minutes = 0;  // of the youngest that went since the start; 0: none
  int64_t damaged_blobs = 0;
  int64_t vanished_blobs = 0;
};

using Key = Digest::Bytes;

class BlobStorage {
 public:
  // kFailedPrecondition if another server uses the directory.
  static absl::StatusOr<std::unique_ptr<BlobStorage>> Open(StorageOptions options);
  // Flushes.
  ~BlobStorage();

  // Those that Read would not give, in the order given. What is there counts as used now.
  absl::StatusOr<std::vector<Digest>> FindMissing(const std::vector<Digest>& digests);

  // kNotFound. `size` < 0: any.
  absl::StatusOr<std::unique_ptr<BlobReader>> Read(Space space, const Key& key, int64_t size, int64_t offset);
  // The whole blob at once.
  absl::StatusOr<std::string> ReadAll(const Digest& digest);

  // Room for the blob and a place to put its bytes.
  class Upload {
   public:
    ~Upload();
    BlobWriter& writer() { return writer_; }

   private:
    friend class BlobStorage;
    Upload(BlobStorage* storage, Space space, const Key& key, std::string path, std::optional<Digest> expected,
           int64_t reserved);
    BlobStorage& storage_;
    const Space space_;
    const Key key_;
    const int64_t reserved_;
    BlobWriter writer_;
  };
  // kResourceExhausted if there is no room for `size` bytes, kInvalidArgument if there will never be.
  absl::StatusOr<std::unique_ptr<Upload>> Begin(const Digest& digest);
  absl::StatusOr<std::unique_ptr<Upload>> BeginRaw(const Key& key, int64_t size);
  // Makes the blob visible. kInvalidArgument if the bytes are not those announced.
  absl::Status Commit(Upload& upload);
  absl::Status Put(const Digest& digest, std::string_view bytes);

  absl::StatusOr<std::optional<std::string>> GetResult(const Key& key);
  absl::Status PutResult(const Key& key, std::string value);
  void DropResult(const Key& key);

  // What a single blob may have: uploads reserve their room, and nobody shall empty the cache by announcing one.
  int64_t max_blob_bytes() const { return options_.max_bytes / 4; }
  // Whether uploads can be taken now.
  absl::Status CheckWritable();
  StorageStatistics statistics() const;
  int64_t max_bytes() const { return options_.max_bytes; }
  const std::vector<std::string>& warnings() const { return database_->warnings(); }

  // Reads every blob; how many were damaged and are gone now.
  absl::StatusOr<int64_t> Verify(const std::function<void(int64_t blobs, int64_t bytes)>& progress);
  // Removes files without a record that are older than an hour; how many.
  absl::StatusOr<int64_t> SweepOrphans();
  // Evicts until no more than `bytes` are used, whatever was used when.
  absl::Status ShrinkTo(int64_t bytes);

 private:
  BlobStorage(StorageOptions options, store::CacheLayout layout, UniqueFd lock,
              std::unique_ptr<store::Database> database);

  struct Entry {
    std::string name;  // of the record
    StoredRecord record;
  };

  static std::string NameOf(Space space, const Key& key);
  std::string PathOf(std::string_view name, uint64_t generation) const;
  absl::Mutex& StripeOf(std::string_view name);
  int64_t Now() const;

  absl::StatusOr<std::optional<StoredRecord>> Lookup(const std::string& name);
  absl::StatusOr<std::optional<StoredRecord>> LookupAndTouch(const std::string& name, int64_t size);
  // Reads all of a blob: whether it is what its name says.
  absl::StatusOr<bool> IsSound(const std::string& name, const StoredRecord& record) const;
  absl::Status FlushIndex();
  void Touch(const std::string& name, StoredRecord& record);
  void Store(const std::string& name, const StoredRecord& record);
  // Removes a file once the index durably names it no more.
  void Retire(std::string path);
  absl::Status RemoveRetired();
  // If it still has that generation.
  void Drop(const std::string& name, uint64_t generation);
  std::unique_ptr<BlobReader> NewReader(const std::string& name, const StoredRecord& record, UniqueFd file,
                                        std::optional<Digest> expected);

  absl::Status Reserve(int64_t size);
  void Work();
  void Checkpoint();
  void Recount();
  void EvictSome(bool hard);
  std::vector<Entry> Sample(Space space);
  int64_t EvictFrom(std::vector<Entry> sample, bool hard, int64_t retention_minutes);
  bool Evict(const Entry& entry);

  const StorageOptions options_;
  const store::CacheLayout layout_;
  const UniqueFd lock_;
  const std::unique_ptr<store::Database> database_;
  Checkpoints checkpoints_;
  std::array<absl::Mutex, 64> stripes_;
  std::atomic<uint64_t> next_generation_;
  std::atomic<int64_t> used_{0};
  std::atomic<int64_t> reserved_{0};
  std::atomic<int64_t> evicted_blobs_{0};
  std::atomic<int64_t> evicted_bytes_{0};
  std::atomic<int64_t> evicted_age_{0};
  std::atomic<int64_t> damaged_{0};
  std::atomic<int64_t> vanished_{0};
  std::atomic<bool> recount_{false};
  bool exact_ = true;  // nothing was counted while others put

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool full_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::string> retired_ ABSL_GUARDED_BY(mutex_);
  absl::Status index_ ABSL_GUARDED_BY(mutex_);  // of the last time it was written
  std::thread worker_;
};

}  // namespace cow::cache
