#include "engine/store/session_lease.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/store/file_lock.h"

namespace cow::store {
namespace {

// 2^23 bits: with two bits per digest, one in six hundred strangers seems leased beside 200,000 leases.
constexpr size_t kBytes = size_t{1} << 20;
constexpr uint64_t kBits = kBytes * 8;

// Digests are uniform already.
uint64_t BitOf(const Digest& digest, size_t which) {
  uint64_t number = 0;
  std::memcpy(&number, digest.hash_view().data() + which * sizeof number, sizeof number);
  return number % kBits;
}

uint64_t MaskOf(uint64_t bit) { return uint64_t{1} << (bit % 64); }

}  // namespace

absl::StatusOr<std::unique_ptr<LeaseMap>> LeaseMap::Map(const std::string& path, bool create) {
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT | O_EXCL : 0), 0600));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  // A file that is too short would be a fault when it is read.
  if (ftruncate(fd.get(), kBytes) != 0) return ErrnoStatus(errno, path);
  // On a full disk a page of a hole that is written first is a fault, too.
  if (create && posix_fallocate(fd.get(), 0, kBytes) != 0) return absl::ResourceExhaustedError(absl::StrCat(path, ": no space"));
  void* words = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (words == MAP_FAILED) return ErrnoStatus(errno, path);
  return std::unique_ptr<LeaseMap>(new LeaseMap(words));
}

absl::StatusOr<std::unique_ptr<LeaseMap>> LeaseMap::Create(const std::string& path) { return Map(path, true); }
absl::StatusOr<std::unique_ptr<LeaseMap>> LeaseMap::Open(const std::string& path) { return Map(path, false); }

LeaseMap::~LeaseMap() { munmap(words_, kBytes); }

void LeaseMap::Add(const Digest& digest) {
  for (size_t which : {0, 1}) {
    const uint64_t bit = BitOf(digest, which);
    std::atomic<uint64_t>& word = words_[bit / 64];
    if ((word.load() & MaskOf(bit)) == 0) word.fetch_or(MaskOf(bit));
  }
}

bool LeaseMap::MayHold(const Digest& digest) const {
  for (size_t which : {0, 1}) {
    const uint64_t bit = BitOf(digest, which);
    if ((words_[bit / 64].load() & MaskOf(bit)) == 0) return false;
  }
  return true;
}

LivingLeases::LivingLeases(const CacheLayout& layout, std::string own)
    : tmp_dir_(layout.tmp()), own_(std::move(own)) {}

absl::Status LivingLeases::Refresh() {
  maps_.clear();
  COW_ASSIGN_OR_RETURN(auto entries, ListDirectory(tmp_dir_));
  for (const DirectoryEntry& entry : entries) {
    const std::string path = absl::StrCat(tmp_dir_, "/", entry.name);
    if (entry.kind != FileKind::kDirectory || path == own_) continue;
    absl::StatusOr<std::optional<FileLock>> lock = FileLock::Try(path);
    if (lock.ok() && lock->has_value()) continue;  // its session is dead
    absl::StatusOr<std::unique_ptr<LeaseMap>> map = LeaseMap::Open(absl::StrCat(path, "/", kLeaseFile));
    if (map.ok()) maps_.push_back(*std::move(map));
    if (!map.ok() && !absl::IsNotFound(map.status())) return map.status();
  }
  return absl::OkStatus();
}

bool LivingLeases::MayHold(const Digest& digest) const {
  for (const auto& map : maps_) {
    if (map->MayHold(digest)) return true;
  }
  return false;
}

}  // namespace cow::store
