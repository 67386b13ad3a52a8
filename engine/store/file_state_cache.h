// FileStateCache: the digests of source files, without reading files that did not change.
//
// A file counts as unchanged if device, inode, size, mtime, ctime and mode are what they were when it was hashed, and
// the ctime was clearly older than the hashing (a file that is written to in the same clock tick would look the same).
// Files on network and FUSE file systems are always read. Entries are kept in the database, so the next command
// profits. Known limit: stores through a shared mapping may leave all times unchanged; Trust::kNothing sees them.
//
// All methods may be called from any thread.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/base/posix_file.h"
#include "engine/store/blob_store.h"
#include "engine/store/database.h"

namespace cow::store {

struct FileState {
  Digest digest{};
  bool executable = false;

  friend bool operator==(const FileState&, const FileState&) = default;
};

enum class Ingest {
  kIntoCas,     // the digest returned names bytes that are in the blob store (copied while they were hashed)
  kDigestOnly,  // the bytes need not be kept
};

enum class Trust {
  kTimes,    // what stat tells
  kNothing,  // every file is read each time
};

class FileStateCache {
 public:
  // Both outlive the cache. `blobs` may be null: then Ingest::kIntoCas is kFailedPrecondition.
  FileStateCache(BlobStore* blobs, Database* database, Trust trust = Trust::kTimes);

  // `path` is absolute; symlinks are followed. kNotFound if there is no such file, kInvalidArgument if it is not a
  // regular file.
  absl::StatusOr<FileState> StateOf(const std::string& path, Ingest ingest);
  absl::StatusOr<Digest> DigestOf(const std::string& path, Ingest ingest);

  Trust trust() const { return trust_; }

  // How often a cache that trusts nothing has found other contents behind an unchanged stat, ever. What somebody
  // concluded from stat alone before this changed may be wrong.
  int64_t deceptions() const;

 private:
  absl::StatusOr<FileState> Read(const std::string& path, FileInfo info, Ingest ingest);
  std::optional<FileState> Recorded(const std::string& path, const FileInfo& info);
  void Record(const std::string& path, const FileInfo& info, int64_t hashed_at, const Digest& digest);

  BlobStore* const blobs_;
  Database& database_;
  const Trust trust_;
};

}  // namespace cow::store
