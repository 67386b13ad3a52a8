#include "engine/store/cas.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/store/checkpointer.h"
#include "engine/store/file_hashing.h"
#include "engine/store/session_lease.h"
#include "engine/store/trust_index.h"

namespace cow::store {
namespace {

// Up to this size a file is hashed before anything is written: most are in the store already.
constexpr int64_t kSmallFile = 1024 * 1024;

constexpr int64_t kLookHoldsNanos = 2'000'000'000;

int64_t MonotonicNanos() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

absl::Status NoBlob(const Digest& digest) {
  return absl::NotFoundError(absl::StrCat("the cache does not hold ", digest.ToString()));
}

absl::StatusOr<UniqueFd> OpenRegular(const std::string& path, int flags, struct stat* info) {
  // O_NONBLOCK: opening a pipe must not wait for a writer.
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | flags));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  if (fstat(fd.get(), info) != 0) return ErrnoStatus(errno, path);
  if (!S_ISREG(info->st_mode)) return absl::InvalidArgumentError(absl::StrCat(path, ": not a regular file"));
  return fd;
}

uint64_t NextNumber() {
  static std::atomic<uint64_t> counter{0};
  return counter.fetch_add(1);
}

// link(2) and rename(2) fail with ENOENT while the fan-out directory is missing.
template <typename Call>
int WithDirectory(const std::string& path, const Call& call) {
  if (call() == 0) return 0;
  if (errno != ENOENT || !MakeDirectories(std::string(path.substr(0, path.rfind('/'))), 0700).ok()) return -1;
  return call();
}

}  // namespace

// A new file without a name, or, where the file system has no such thing, with one in the scratch directory.
struct LocalCas::Temp {
  UniqueFd fd;
  std::string path;

  Temp(UniqueFd file, std::string name) : fd(std::move(file)), path(std::move(name)) {}
  Temp(Temp&& other) noexcept : fd(std::move(other.fd)), path(std::exchange(other.path, "")) {}
  ~Temp() {
    if (!path.empty()) unlink(path.c_str());
  }

  // 0, or -1 with errno.
  int LinkTo(const std::string& target) const {
    if (!path.empty()) return link(path.c_str(), target.c_str());
    std::string self = absl::StrCat("/proc/self/fd/", fd.get());
    return linkat(AT_FDCWD, self.c_str(), AT_FDCWD, target.c_str(), AT_SYMLINK_FOLLOW);
  }
};

LocalCas::LocalCas(const CacheLayout& layout, std::string scratch_dir, Database* database)
    : cas_dir_(layout.cas()),
      quarantine_dir_(layout.quarantine()),
      scratch_dir_(std::move(scratch_dir)),
      index_(std::make_unique<TrustIndex>(database, Table::kBlobs)),
      // A checkpoint that fails costs reading blobs again after a reboot.
      checkpointer_(std::make_unique<Checkpointer>([this] { Checkpoint().IgnoreError(); })) {}

LocalCas::~LocalCas() { checkpointer_.reset(); }

absl::StatusOr<std::unique_ptr<LocalCas>> LocalCas::Create(const CacheLayout& layout, std::string scratch_dir,
                                                           Database* database) {
  const std::string lease = absl::StrCat(scratch_dir, "/", kLeaseFile);
  std::unique_ptr<LocalCas> cas(new LocalCas(layout, std::move(scratch_dir), database));
  COW_ASSIGN_OR_RETURN(cas->lease_, LeaseMap::Create(lease));
  COW_RETURN_IF_ERROR(cas->Put("").status());
  return cas;
}

void LocalCas::Lease(const Digest& digest) { lease_->Add(digest); }

std::string LocalCas::UncheckedPathOf(const Digest& digest) const {
  std::string hex = digest.hex();
  return absl::StrCat(cas_dir_, "/", std::string_view(hex).substr(0, 2), "/", hex);
}

absl::StatusOr<std::string> LocalCas::PathOf(const Digest& digest) {
  Lease(digest);
  std::string path = UncheckedPathOf(digest);
  absl::StatusOr<FileInfo> info = LstatFile(path);
  if (!info.ok()) return absl::IsNotFound(info.status()) ? NoBlob(digest) : info.status();
  if (info->kind != FileKind::kRegular) return Quarantine(digest, info->inode, "is not a regular file");
  if (info->size != digest.size_bytes() || !index_->IsTrusted(digest.hash_view(), *info)) {
    COW_RETURN_IF_ERROR(Rehash(digest));
  }
  return path;
}

absl::StatusOr<std::string> LocalCas::RecentPathOf(const Digest& digest) {
  const int64_t now = MonotonicNanos();
  {
    absl::MutexLock lock(&looks_mutex_);
    auto look = looks_.find(digest);
    if (look != looks_.end() && now - look->second < kLookHoldsNanos) return UncheckedPathOf(digest);
  }
  COW_ASSIGN_OR_RETURN(std::string path, PathOf(digest));
  absl::MutexLock lock(&looks_mutex_);
  looks_[digest] = now;
  return path;
}

void LocalCas::ForgetLooks() {
  absl::MutexLock lock(&looks_mutex_);
  looks_.clear();
}

absl::StatusOr<Digest> LocalCas::FindBySha256(std::string_view sha256) {
  COW_ASSIGN_OR_RETURN(Digest unsized, Digest::FromHex(sha256, 0));
  absl::StatusOr<FileInfo> info = LstatFile(UncheckedPathOf(unsized));
  if (!info.ok()) return absl::IsNotFound(info.status()) ? NoBlob(unsized) : info.status();
  Digest digest(unsized.hash(), info->size);
  COW_RETURN_IF_ERROR(PathOf(digest).status());
  return digest;
}

// Reads the file and believes it from now on if it is what its name says.
absl::Status LocalCas::Rehash(const Digest& digest) {
  std::string path = UncheckedPathOf(digest);
  struct stat before;
  absl::StatusOr<UniqueFd> fd = OpenRegular(path, O_NOFOLLOW, &before);
  if (absl::IsNotFound(fd.status())) return NoBlob(digest);
  COW_RETURN_IF_ERROR(fd.status());
  if ((before.st_mode & 0222) != 0 && fchmod(fd->get(), 0444) != 0) return ErrnoStatus(errno, path);
  COW_ASSIGN_OR_RETURN(FileInfo info, LstatFile(path));
  COW_ASSIGN_OR_RETURN(Digest found, HashFd(fd->get()));
  if (found.hash() != digest.hash()) return Quarantine(digest, before.st_ino, absl::StrCat("holds ", found.ToString()));
  // The blob is fine and the caller's idea of its size is not.
  if (found != digest) return NoBlob(digest);
  if (info.inode == before.st_ino) index_->Record(digest.hash_view(), info);
  return absl::OkStatus();
}

absl::Status LocalCas::Quarantine(const Digest& digest, uint64_t inode, std::string_view reason) {
  std::string path = UncheckedPathOf(digest);
  index_->Forget(digest.hash_view());
  damage_seen_.fetch_add(1);
  absl::StatusOr<FileInfo> now = LstatFile(path);
  if (now.ok() && now->inode == inode) {
    std::string aside = absl::StrCat(quarantine_dir_, "/", digest.hex(), "-", getpid(), "-", NextNumber());
    // A blob that can be neither moved nor removed would be found damaged again and again; that is still a miss.
    if (!RenameFile(path, aside).ok()) RemoveFile(path).IgnoreError();
  }
  return absl::DataLossError(absl::StrCat("the cached file ", digest.ToString(), " is damaged: it ", reason));
}

absl::StatusOr<UniqueFd> LocalCas::Open(const Digest& digest) {
  COW_ASSIGN_OR_RETURN(std::string path, PathOf(digest));
  struct stat info;
  absl::StatusOr<UniqueFd> fd = OpenRegular(path, O_NOFOLLOW, &info);
  if (absl::IsNotFound(fd.status())) return NoBlob(digest);
  return fd;
}

// Always hashes: what is read whole is small, and reading costs as much as hashing.
absl::StatusOr<std::string> LocalCas::Get(const Digest& digest) {
  Lease(digest);
  struct stat info;
  absl::StatusOr<UniqueFd> fd = OpenRegular(UncheckedPathOf(digest), O_NOFOLLOW, &info);
  if (absl::IsNotFound(fd.status())) return NoBlob(digest);
  // A link or a directory in its place is damage, which PathOf puts aside.
  if (!fd.ok()) COW_RETURN_IF_ERROR(PathOf(digest).status());
  COW_RETURN_IF_ERROR(fd.status());
  COW_ASSIGN_OR_RETURN(std::string bytes, ReadFd(fd->get()));
  Digest found = Digest::Of(bytes);
  if (found == digest) return bytes;
  if (found.hash() == digest.hash()) return NoBlob(digest);
  return Quarantine(digest, info.st_ino, absl::StrCat("holds ", found.ToString()));
}

absl::StatusOr<std::vector<Digest>> LocalCas::FindMissing(const std::vector<Digest>& digests) {
  std::vector<Digest> missing;
  for (const Digest& digest : digests) {
    absl::Status status = PathOf(digest).status();
    if (IsMiss(status)) {
      missing.push_back(digest);
    } else if (!status.ok()) {
      return status;
    }
  }
  return missing;
}

absl::StatusOr<LocalCas::Temp> LocalCas::CreateTemp() const {
  int fd = open(cas_dir_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0) return Temp(UniqueFd(fd), "");
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT) {
    return ErrnoStatus(errno, cas_dir_);
  }
  std::string path = absl::StrCat(scratch_dir_, "/blob-", NextNumber());
  fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return ErrnoStatus(errno, path);
  return Temp(UniqueFd(fd), std::move(path));
}

// Gives a complete file its name, unless a sound one has it already.
absl::Status LocalCas::Publish(Temp temp, const Digest& digest) {
  Lease(digest);
  if (fchmod(temp.fd.get(), 0444) != 0) return ErrnoStatus(errno, cas_dir_);
  std::string target = UncheckedPathOf(digest);
  for (int attempt = 0; attempt < 3; ++attempt) {
    if (WithDirectory(target, [&] { return temp.LinkTo(target); }) == 0) {
      if (!temp.path.empty()) unlink(std::exchange(temp.path, "").c_str());
      // Where writes are delayed, the file system reports a full disk or quota no later than here.
      if (close(temp.fd.Release()) != 0) return ErrnoStatus(errno, target);
      COW_ASSIGN_OR_RETURN(FileInfo info, LstatFile(target));
      index_->Record(digest.hash_view(), info);
      return absl::OkStatus();
    }
    if (errno != EEXIST) return ErrnoStatus(errno, target);
    absl::Status existing = PathOf(digest).status();
    if (!IsMiss(existing)) return existing;
  }
  return absl::UnavailableError(absl::StrCat("cannot replace the damaged file ", target));
}

absl::StatusOr<Digest> LocalCas::Put(std::string_view bytes) {
  Digest digest = Digest::Of(bytes);
  if (Contains(digest)) return digest;
  COW_ASSIGN_OR_RETURN(Temp temp, CreateTemp());
  COW_RETURN_IF_ERROR(Annotate(WriteAll(temp.fd.get(), bytes), cas_dir_));
  COW_RETURN_IF_ERROR(Publish(std::move(temp), digest));
  return digest;
}

absl::StatusOr<Digest> LocalCas::PutFile(const std::string& path) {
  struct stat info;
  COW_ASSIGN_OR_RETURN(UniqueFd fd, OpenRegular(path, 0, &info));
  if (info.st_size <= kSmallFile) {
    COW_ASSIGN_OR_RETURN(std::string bytes, ReadFd(fd.get()));
    return Put(bytes);
  }
  COW_ASSIGN_OR_RETURN(Temp temp, CreateTemp());
  absl::StatusOr<Digest> digest = CopyAndHash(fd.get(), temp.fd.get());
  if (!digest.ok()) return Annotate(digest.status(), path);
  COW_RETURN_IF_ERROR(Publish(std::move(temp), *digest));
  return digest;
}

absl::StatusOr<Digest> LocalCas::CopyAndRemove(const std::string& path) {
  COW_ASSIGN_OR_RETURN(Digest digest, PutFile(path));
  COW_RETURN_IF_ERROR(RemoveFile(path));
  return digest;
}

absl::StatusOr<Digest> LocalCas::AdoptFile(const std::string& path) {
  struct stat info;
  COW_ASSIGN_OR_RETURN(UniqueFd fd, OpenRegular(path, O_NOFOLLOW, &info));
  if (info.st_nlink != 1) {
    return absl::FailedPreconditionError(absl::StrCat(path, ": has ", info.st_nlink, " hard links"));
  }
  bool ours = info.st_uid == geteuid() || fchown(fd.get(), geteuid(), getegid()) == 0;
  if (!ours || fchmod(fd.get(), 0444) != 0) return CopyAndRemove(path);
  absl::StatusOr<Digest> digest = HashFd(fd.get());
  if (!digest.ok()) return Annotate(digest.status(), path);
  if (Contains(*digest)) {
    COW_RETURN_IF_ERROR(RemoveFile(path));
    return digest;
  }
  std::string target = UncheckedPathOf(*digest);
  int renamed = WithDirectory(target, [&] {
    return renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE);
  });
  if (renamed != 0) return CopyAndRemove(path);
  struct stat after;
  COW_ASSIGN_OR_RETURN(FileInfo placed, LstatFile(target));
  if (fstat(fd.get(), &after) != 0 || placed.inode != after.st_ino || placed.links != 1) {
    return Quarantine(*digest, placed.inode, "was exchanged while it was stored");
  }
  index_->Record(digest->hash_view(), placed);
  return digest;
}

absl::Status LocalCas::Checkpoint() {
  if (!index_->NeedsCheckpoint()) return absl::OkStatus();
  return index_->Checkpoint(cas_dir_);
}

}  // namespace cow::store
