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
constexpr uint64_t kBits = uint64_t{1} << 23;
constexpr size_t kWhetherAll = kBits / 64;  // the word behind the bits
constexpr size_t kBytes = (kWhetherAll + 1) * sizeof(uint64_t);

// Digests are uniform already.
uint64_t BitOf(const Digest& digest, size_t which) {
  uint64_t number = 0;
  std::memcpy(&number, digest.hash_view().data() + which * sizeof number, sizeof number);
  return number % kBits;
}

size_t WordOf(uint64_t bit) { return bit / 64; }
uint64_t MaskOf(uint64_t bit) { return uint64_t{1} << (bit % 64); }

bool WriteWord(int fd, size_t word, uint64_t value) {
  return pwrite(fd, &value, sizeof value, static_cast<off_t>(word * sizeof value)) == sizeof value;
}

}  // namespace

absl::StatusOr<std::unique_ptr<LeaseMap>> LeaseMap::Create(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_CREAT | O_EXCL, 0600));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  if (ftruncate(fd.get(), kBytes) != 0) return ErrnoStatus(errno, path);
  // The room to say later that everything is leased.
  if (!WriteWord(fd.get(), kWhetherAll, 0)) return absl::ResourceExhaustedError(absl::StrCat(path, ": no space"));
  void* words = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (words == MAP_FAILED) return ErrnoStatus(errno, path);
  return std::unique_ptr<LeaseMap>(new LeaseMap(words, std::move(fd)));
}

absl::StatusOr<std::unique_ptr<LeaseMap>> LeaseMap::Open(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  return std::unique_ptr<LeaseMap>(new LeaseMap(nullptr, std::move(fd)));
}

LeaseMap::~LeaseMap() {
  if (words_ != nullptr) munmap(words_, kBytes);
}

// Of another session's file, whose last word is there only if it has the size of ours. Not through a mapping: a look into
// one may want room, on a disk that has none.
uint64_t LeaseMap::Word(size_t word) const {
  if (words_ != nullptr) return words_[word].load();
  uint64_t value = 0;
  const bool is_read = pread(fd_.get(), &value, sizeof value, static_cast<off_t>(word * sizeof value)) == sizeof value;
  return is_read ? value : ~uint64_t{0};
}

bool LeaseMap::Has(uint64_t bit) const { return (Word(WordOf(bit)) & MaskOf(bit)) != 0; }

void LeaseMap::Set(uint64_t bit) {
  const size_t word = WordOf(bit);
  absl::MutexLock lock(&mutex_);
  // Seen by other threads of this session only when other sessions see it, too.
  const uint64_t value = words_[word].load() | MaskOf(bit);
  if (!WriteWord(fd_.get(), word, value)) WriteWord(fd_.get(), kWhetherAll, 1);
  words_[word].store(value);
}

void LeaseMap::Add(const Digest& digest) {
  for (size_t which : {0, 1}) {
    const uint64_t bit = BitOf(digest, which);
    if (!Has(bit)) Set(bit);
  }
}

bool LeaseMap::MayHold(const Digest& digest) const {
  if (Word(kWhetherAll) != 0) return true;
  return Has(BitOf(digest, 0)) && Has(BitOf(digest, 1));
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
