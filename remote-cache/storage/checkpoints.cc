#include "remote-cache/storage/checkpoints.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/digest.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"

namespace cow::cache {
namespace {

using store::Table;

uint64_t NumberOf(const std::string& boot_id) {
  uint64_t number = 0;
  std::memcpy(&number, Digest::Of(boot_id).hash().data(), sizeof(number));
  return number;
}

int64_t SinceBoot() {
  timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

std::string KeyOf(uint64_t boot) { return absl::StrCat("cow-cache/checkpoint/", boot); }

}  // namespace

Checkpoints::Checkpoints(store::Database* database, std::string directory)
    : database_(*database), directory_(std::move(directory)), boot_(NumberOf(database->boot_id())) {}

void Checkpoints::Stamp(StoredRecord* record) {
  record->boot = boot_;
  record->written_ns = SinceBoot();
  absl::MutexLock lock(&mutex_);
  dirty_ = true;
}

bool Checkpoints::IsBelieved(const StoredRecord& record) {
  if (record.form == StoredRecord::Form::kInline || record.boot == boot_) return true;
  absl::MutexLock lock(&mutex_);
  auto [found, is_new] = earlier_.try_emplace(record.boot, -1);
  if (is_new) {
    absl::StatusOr<std::optional<std::string>> note = database_.Get(Table::kMeta, KeyOf(record.boot));
    int64_t began = 0;
    if (note.ok() && note->has_value() && absl::SimpleAtoi(**note, &began)) found->second = began;
  }
  return record.written_ns < found->second;
}

absl::Status Checkpoints::Take() {
  {
    absl::MutexLock lock(&mutex_);
    if (!std::exchange(dirty_, false)) return absl::OkStatus();
  }
  const absl::Status status = Sync();
  if (!status.ok()) {
    absl::MutexLock lock(&mutex_);
    dirty_ = true;
  }
  return status;
}

absl::Status Checkpoints::Sync() {
  const int64_t began = SinceBoot();
  UniqueFd directory(open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid() || syncfs(directory.get()) != 0) return ErrnoStatus(errno, directory_);
  return database_.Update([&](store::Database::Transaction& change) {
    return change.Put(Table::kMeta, KeyOf(boot_), absl::StrCat(began));
  });
}

}  // namespace cow::cache
