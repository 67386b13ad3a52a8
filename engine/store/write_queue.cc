#include "engine/store/write_queue.h"

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace cow::store {
namespace {

// More than this is committed without waiting for company.
constexpr size_t kManyBytes = 8 * 1024 * 1024;

}  // namespace

WriteQueue::WriteQueue(CommitFunction commit, int delay_ms)
    : commit_(std::move(commit)), delay_ms_(delay_ms) {}

WriteQueue::~WriteQueue() {
  std::thread thread;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    wake_.Signal();
    thread = std::move(thread_);
  }
  if (thread.joinable()) thread.join();
}

void WriteQueue::Add(int table, std::string_view key, Value value) {
  absl::MutexLock lock(&mutex_);
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  bool wake = pending_.empty();
  pending_bytes_ += key.size() + (value ? value->size() : 0);
  pending_[{table, std::string(key)}] = std::move(value);
  ++added_;
  if (wake || pending_bytes_ > kManyBytes) wake_.Signal();
}

std::optional<WriteQueue::Value> WriteQueue::FindIn(const Batch& batch, int table, std::string_view key) {
  if (batch.empty()) return std::nullopt;
  auto found = batch.find({table, std::string(key)});
  if (found == batch.end()) return std::nullopt;
  return found->second;
}

std::optional<WriteQueue::Value> WriteQueue::Find(int table, std::string_view key) {
  absl::MutexLock lock(&mutex_);
  std::optional<Value> newest = FindIn(pending_, table, key);
  return newest ? newest : FindIn(committing_, table, key);
}

absl::Status WriteQueue::Flush() {
  absl::MutexLock lock(&mutex_);
  uint64_t goal = added_;
  ++waiting_;
  wake_.Signal();
  while (done_ < goal) committed_.Wait(&mutex_);
  --waiting_;
  return std::exchange(failure_, absl::OkStatus());
}

void WriteQueue::Run() {
  absl::MutexLock lock(&mutex_);
  while (true) {
    while (pending_.empty() && !stopping_) wake_.Wait(&mutex_);
    if (pending_.empty()) return;
    absl::Time deadline = absl::Now() + absl::Milliseconds(delay_ms_);
    while (!stopping_ && waiting_ == 0 && pending_bytes_ <= kManyBytes && absl::Now() < deadline) {
      wake_.WaitWithDeadline(&mutex_, deadline);
    }
    committing_ = std::exchange(pending_, {});
    pending_bytes_ = 0;
    uint64_t taken = added_;
    // Only this thread changes committing_, so it may be read without the lock.
    const Batch* batch = &committing_;
    mutex_.Unlock();
    absl::Status status = commit_(*batch);
    mutex_.Lock();
    committing_.clear();
    done_ = taken;
    if (!status.ok() && failure_.ok()) failure_ = status;
    committed_.SignalAll();
  }
}

}  // namespace cow::store
