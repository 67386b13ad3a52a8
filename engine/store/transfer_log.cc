#include "engine/store/transfer_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace cow::store {

TransferLog::TransferLog(int parallel, std::function<void(std::string_view)> report)
    : parallel_(std::max(parallel, 1)), report_(std::move(report)) {}

void TransferLog::Begin(std::string_view name) {
  absl::MutexLock lock(&mutex_);
  ++waiting_;
  mutex_.Await(absl::Condition(this, &TransferLog::HasPlace));
  --waiting_;
  ++running_;
  Tell(name);
}

void TransferLog::End(int64_t bytes) {
  absl::MutexLock lock(&mutex_);
  --running_;
  files_ += bytes > 0;
  bytes_ += bytes;
}

void TransferLog::Tell(std::string_view name) {
  const absl::Time now = absl::Now();
  if (!report_ || now < told_ + absl::Seconds(1)) return;
  told_ = now;
  std::string before = files_ == 0 ? "" : absl::StrFormat("%d files (%.1f MB) fetched, ", files_, 1e-6 * static_cast<double>(bytes_));
  std::string others = running_ + waiting_ > 1 ? absl::StrCat(" and ", running_ + waiting_ - 1, " more") : "";
  report_(absl::StrCat(before, "fetching ", name, others));
}

}  // namespace cow::store
