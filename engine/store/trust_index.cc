#include "engine/store/trust_index.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/store/wire.h"

namespace cow::store {
namespace {

// Also counts while the machine sleeps, never goes back, and is the same clock in all processes of a boot.
int64_t NanosSinceBoot() {
  timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

enum Field { kInode = 1, kCtime = 2, kTime = 3, kBoot = 4 };

struct TrustRecord {
  uint64_t inode = 0;
  int64_t ctime_ns = 0;
  int64_t time = 0;
  std::string boot{};
};

std::string Encode(const TrustRecord& record) {
  WireWriter writer;
  writer.Int(kInode, static_cast<int64_t>(record.inode)).Int(kCtime, record.ctime_ns);
  writer.Int(kTime, record.time).Bytes(kBoot, record.boot);
  return writer.Take();
}

std::optional<TrustRecord> Decode(std::string_view bytes) {
  TrustRecord record;
  WireReader reader(bytes);
  while (reader.Next()) {
    switch (reader.field()) {
      case kInode:
        record.inode = reader.integer();
        break;
      case kCtime:
        record.ctime_ns = static_cast<int64_t>(reader.integer());
        break;
      case kTime:
        record.time = static_cast<int64_t>(reader.integer());
        break;
      case kBoot:
        record.boot = std::string(reader.bytes());
        break;
      default:
        return std::nullopt;
    }
  }
  if (!reader.status().ok()) return std::nullopt;
  return record;
}

std::string WrittenKey(const std::string& boot) { return absl::StrCat("written/", boot); }
std::string CompletedKey(const std::string& boot) { return absl::StrCat("checkpoint/", boot); }

std::string EncodeTime(int64_t time) { return WireWriter().Int(kTime, time).Take(); }

}  // namespace

bool TrustIndex::IsTrusted(std::string_view key, const FileInfo& info) {
  absl::StatusOr<std::optional<std::string>> bytes = database_.Get(table_, key);
  if (!bytes.ok() || !bytes->has_value()) return false;
  std::optional<TrustRecord> record = Decode(**bytes);
  if (!record || record->inode != info.inode || record->ctime_ns != info.ctime_ns) return false;
  if (record->boot == database_.boot_id()) return true;
  return CompletedCheckpoint(record->boot) >= record->time;
}

void TrustIndex::Record(std::string_view key, const FileInfo& info) {
  int64_t now = NanosSinceBoot();
  database_.Put(table_, key,
                Encode({.inode = info.inode, .ctime_ns = info.ctime_ns, .time = now, .boot = database_.boot_id()}));
  database_.Put(Table::kMeta, WrittenKey(database_.boot_id()), EncodeTime(now));
}

bool TrustIndex::NeedsCheckpoint() {
  return MetaTime(WrittenKey(database_.boot_id())) > MetaTime(CompletedKey(database_.boot_id()));
}

absl::Status TrustIndex::Checkpoint(const std::string& directory) {
  int64_t begin = NanosSinceBoot();
  UniqueFd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(errno, directory);
  if (syncfs(fd.get()) != 0) return ErrnoStatus(errno, absl::StrCat("writing ", directory, " to disk"));
  std::string key = CompletedKey(database_.boot_id());
  return database_.Update([&](Database::Transaction& transaction) -> absl::Status {
    return transaction.Put(Table::kMeta, key, EncodeTime(begin));
  });
}

int64_t TrustIndex::CompletedCheckpoint(const std::string& boot) {
  absl::MutexLock lock(&mutex_);
  auto known = earlier_boots_.find(boot);
  if (known != earlier_boots_.end()) return known->second;
  int64_t time = MetaTime(CompletedKey(boot));
  earlier_boots_.emplace(boot, time);
  return time;
}

// 0, the time at which nothing had been recorded, if there is none.
int64_t TrustIndex::MetaTime(const std::string& key) {
  absl::StatusOr<std::optional<std::string>> bytes = database_.Get(Table::kMeta, key);
  if (!bytes.ok() || !bytes->has_value()) return 0;
  std::optional<TrustRecord> record = Decode(**bytes);
  return record ? record->time : 0;
}

}  // namespace cow::store
