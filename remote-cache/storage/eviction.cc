// What BlobStorage does by itself: it evicts, takes checkpoints, counts.
#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "remote-cache/storage/blob_storage.h"

namespace cow::cache {
namespace {

using store::Table;

constexpr size_t kSample = 128;
constexpr size_t kVictims = 16;  // of a sample
constexpr int64_t kCoarse = 10;  // minutes that a record may lag behind

std::string RandomName(std::string_view prefix) {
  thread_local std::mt19937 random{std::random_device()()};
  std::string name(prefix);
  for (int i = 0; i < 4; ++i) name.push_back(static_cast<char>(random()));
  return name;
}

}  // namespace

// Records in the order of their hashes from a random one on are a fair sample.
std::vector<BlobStorage::Entry> BlobStorage::Sample(Space space) {
  const std::string prefix = NameOf(space, Key()).substr(0, NameOf(space, Key()).find('/') + 1);
  std::vector<Entry> sample;
  const auto keep = [&](std::string_view name, std::string_view bytes) {
    std::optional<StoredRecord> record = DecodeRecord(bytes);
    if (absl::StartsWith(name, prefix) && record) sample.push_back({std::string(name), *std::move(record)});
  };
  absl::StatusOr<int64_t> scanned = database_->Scan(Table::kState, RandomName(prefix), kSample, keep);
  if (scanned.ok() && sample.size() < kSample) {
    scanned = database_->Scan(Table::kState, prefix, kSample - sample.size(), keep);
  }
  return sample;
}

bool BlobStorage::Evict(const Entry& entry) {
  absl::MutexLock lock(&StripeOf(entry.name));
  absl::StatusOr<std::optional<StoredRecord>> now = Lookup(entry.name);
  if (!now.ok() || !now->has_value()) return false;
  // Used or written since the sample was taken.
  if ((*now)->generation != entry.record.generation || (*now)->used_minute != entry.record.used_minute) return false;
  database_->Delete(Table::kState, entry.name);
  if ((*now)->form != StoredRecord::Form::kInline) {
    Retire(PathOf(entry.name, (*now)->generation));
  }
  const int64_t room = RoomOf(**now);
  used_ -= room;
  ++evicted_blobs_;
  evicted_bytes_ += room;
  const int64_t age = std::max<int64_t>(1, Now() - (*now)->used_minute);
  int64_t youngest = evicted_age_.load();
  while ((youngest == 0 || age < youngest) && !evicted_age_.compare_exchange_weak(youngest, age)) {
  }
  return true;
}

int64_t BlobStorage::EvictFrom(std::vector<Entry> sample, bool hard, int64_t retention_minutes) {
  std::sort(sample.begin(), sample.end(),
            [](const Entry& a, const Entry& b) { return a.record.used_minute < b.record.used_minute; });
  const int64_t spared = Now() - retention_minutes - kCoarse;
  int64_t count = 0;
  for (size_t i = 0; i < std::min(kVictims, sample.size()); ++i) {
    if (!hard && sample[i].record.used_minute > spared) break;
    if (Evict(sample[i])) ++count;
  }
  return count;
}

// Results are small and worth more than blobs: they go when nobody used them for twice as long.
void BlobStorage::EvictSome(bool hard) {
  const int64_t retention = absl::ToInt64Minutes(options_.min_retention);
  EvictFrom(Sample(Space::kCas), hard, retention);
  EvictFrom(Sample(Space::kRaw), hard, retention);
  EvictFrom(Sample(Space::kResults), false, 2 * std::max(retention, evicted_age_.load()));
  RemoveRetired().IgnoreError();  // orphans, swept later
}

absl::Status BlobStorage::ShrinkTo(int64_t bytes) {
  for (int idle = 0; used_ > bytes && idle < 10;) {
    const int64_t before = used_;
    EvictSome(true);
    idle = used_ == before ? idle + 1 : 0;
  }
  return database_->Flush();
}

void BlobStorage::Checkpoint() {
  checkpoints_.Take().IgnoreError();  // the next one covers it
}

// After a crash. What is put meanwhile may be counted twice.
void BlobStorage::Recount() {
  const int64_t before = used_;
  int64_t counted = 0;
  if (!database_->Flush().ok()) return;
  absl::StatusOr<int64_t> done = database_->ForEach(Table::kState, [&](std::string_view, std::string_view bytes) {
    if (std::optional<StoredRecord> record = DecodeRecord(bytes)) counted += RoomOf(*record);
  });
  if (!done.ok()) return;
  used_ += counted - before;
  recount_ = false;
}

void BlobStorage::Work() {
  if (recount_) Recount();
  absl::Time checkpoint = absl::Now() + options_.checkpoint_interval;
  while (true) {
    bool full;
    {
      absl::MutexLock lock(&mutex_);
      const auto wake = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return stopping_ || full_ || !retired_.empty(); };
      mutex_.AwaitWithDeadline(absl::Condition(&wake), absl::Now() + absl::Seconds(1));
      if (stopping_) return;
      full = std::exchange(full_, false);
    }
    if (full || used_ + reserved_ > options_.max_bytes) {
      const int64_t low = options_.max_bytes - options_.max_bytes / 20;
      for (int round = 0; used_ + reserved_ > low && round < 1000; ++round) {
        const int64_t before = evicted_blobs_;
        EvictSome(false);
        if (evicted_blobs_ == before && round > 20) break;
      }
    }
    if (FlushIndex().ok()) RemoveRetired().IgnoreError();  // orphans, swept later
    if (absl::Now() >= checkpoint) {
      Checkpoint();
      checkpoint = absl::Now() + options_.checkpoint_interval;
    }
  }
}

}  // namespace cow::cache
