#include "engine/store/file_state_cache.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/store/file_hashing.h"
#include "engine/store/settled_file.h"
#include "engine/store/wire.h"

namespace cow::store {
namespace {

enum Field { kDevice = 1, kInode, kSize, kMtime, kCtime, kMode, kHashedAt, kDigest };

struct FileRecord {
  FileInfo info{};
  int64_t hashed_at = 0;  // wall clock when the hashing began
  Digest digest{};
};

std::string Encode(const FileRecord& record) {
  WireWriter writer;
  writer.Int(kDevice, static_cast<int64_t>(record.info.device));
  writer.Int(kInode, static_cast<int64_t>(record.info.inode));
  writer.Int(kSize, record.info.size).Int(kMtime, record.info.mtime_ns).Int(kCtime, record.info.ctime_ns);
  writer.Int(kMode, record.info.mode).Int(kHashedAt, record.hashed_at);
  writer.Bytes(kDigest, record.digest.hash_view());
  return writer.Take();
}

std::optional<FileRecord> Decode(std::string_view bytes) {
  FileRecord record;
  std::string_view hash;
  WireReader reader(bytes);
  while (reader.Next()) {
    auto value = static_cast<int64_t>(reader.integer());
    switch (reader.field()) {
      case kDevice:
        record.info.device = reader.integer();
        break;
      case kInode:
        record.info.inode = reader.integer();
        break;
      case kSize:
        record.info.size = value;
        break;
      case kMtime:
        record.info.mtime_ns = value;
        break;
      case kCtime:
        record.info.ctime_ns = value;
        break;
      case kMode:
        record.info.mode = static_cast<uint32_t>(reader.integer());
        break;
      case kHashedAt:
        record.hashed_at = value;
        break;
      case kDigest:
        hash = reader.bytes();
        break;
      default:
        return std::nullopt;
    }
  }
  absl::StatusOr<Digest> digest = Digest::FromBytes(hash, record.info.size);
  if (!reader.status().ok() || !digest.ok()) return std::nullopt;
  record.digest = *digest;
  return record;
}

absl::StatusOr<FileInfo> StatRegular(const std::string& path) {
  COW_ASSIGN_OR_RETURN(FileInfo info, StatFile(path));
  if (info.kind == FileKind::kRegular) return info;
  const char* what = info.kind == FileKind::kDirectory ? "is a directory" : "not a regular file";
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
}

absl::StatusOr<Digest> HashFile(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  absl::StatusOr<Digest> digest = HashFd(fd.get());
  if (!digest.ok()) return Annotate(digest.status(), path);
  return digest;
}

constexpr std::string_view kDeceptions = "store/deceptions";

// Paths may be longer than keys.
std::string KeyOf(const std::string& path) { return std::string(Digest::Of(path).hash_view()); }

}  // namespace

FileStateCache::FileStateCache(BlobStore* blobs, Database* database, Trust trust)
    : blobs_(blobs), database_(*database), trust_(trust) {}

int64_t FileStateCache::deceptions() const {
  absl::StatusOr<std::optional<std::string>> text = database_.Get(Table::kState, kDeceptions);
  int64_t count = 0;
  if (text.ok() && text->has_value() && !absl::SimpleAtoi(**text, &count)) return 0;
  return count;
}

void FileStateCache::Record(const std::string& path, const FileInfo& info, int64_t hashed_at, const Digest& digest) {
  if (trust_ == Trust::kNothing) {
    const std::optional<FileState> before = Recorded(path, info);
    if (before && before->digest != digest) database_.Put(Table::kState, kDeceptions, absl::StrCat(deceptions() + 1));
  }
  database_.Put(Table::kFileStates, KeyOf(path), Encode({.info = info, .hashed_at = hashed_at, .digest = digest}));
}

std::optional<FileState> FileStateCache::Recorded(const std::string& path, const FileInfo& info) {
  absl::StatusOr<std::optional<std::string>> bytes = database_.Get(Table::kFileStates, KeyOf(path));
  if (!bytes.ok() || !bytes->has_value()) return std::nullopt;
  std::optional<FileRecord> record = Decode(**bytes);
  if (!record || !SameState(record->info, info)) return std::nullopt;
  // With a clock that went back, a new change may get a ctime from before the hashing.
  if (WallClockNanos() < record->hashed_at) return std::nullopt;
  return FileState{record->digest, info.executable()};
}

absl::StatusOr<FileState> FileStateCache::Read(const std::string& path, FileInfo info, Ingest ingest) {
  constexpr int kAttempts = 3;
  for (int attempt = 1;; ++attempt) {
    int64_t begin = WallClockNanos();
    COW_ASSIGN_OR_RETURN(Digest digest, ingest == Ingest::kIntoCas ? blobs_->PutFile(path) : HashFile(path));
    COW_ASSIGN_OR_RETURN(FileInfo after, StatRegular(path));
    if (SameState(info, after) && after.size == digest.size_bytes()) {
      if (IsSettled(path, info, begin)) Record(path, info, begin, digest);
      return FileState{digest, info.executable()};
    }
    // Somebody writes to it now. What was read is still what the digest names.
    if (attempt == kAttempts) return FileState{digest, after.executable()};
    info = after;
  }
}

absl::StatusOr<FileState> FileStateCache::StateOf(const std::string& path, Ingest ingest) {
  if (blobs_ == nullptr && ingest == Ingest::kIntoCas) {
    return absl::FailedPreconditionError(absl::StrCat("no session has begun that could keep ", path));
  }
  COW_ASSIGN_OR_RETURN(FileInfo info, StatRegular(path));
  std::optional<FileState> known;
  if (trust_ == Trust::kTimes) known = Recorded(path, info);
  if (known && ingest == Ingest::kIntoCas) {
    COW_ASSIGN_OR_RETURN(std::vector<Digest> missing, blobs_->FindMissing({known->digest}));
    if (!missing.empty()) known.reset();
  }
  if (known) return *known;
  return Read(path, info, ingest);
}

absl::StatusOr<Digest> FileStateCache::DigestOf(const std::string& path, Ingest ingest) {
  COW_ASSIGN_OR_RETURN(FileState state, StateOf(path, ingest));
  return state.digest;
}

}  // namespace cow::store
