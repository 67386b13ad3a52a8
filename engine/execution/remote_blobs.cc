#include "engine/execution/remote_blobs.h"

#include <algorithm>
#include <utility>

namespace cow::execution {

bool RemoteBlobs::Promise(const std::vector<Digest>& blobs) {
  if (remote_ == nullptr) return false;
  absl::MutexLock lock(&mutex_);
  const auto has_failed = [this](const Digest& blob) {
    mutex_.AssertHeld();
    return failed_.contains(blob);
  };
  if (std::any_of(blobs.begin(), blobs.end(), has_failed)) return false;
  promised_.insert(blobs.begin(), blobs.end());
  return true;
}

bool RemoteBlobs::Ask(const std::vector<Digest>& blobs) {
  return remote_ != nullptr && remote_->Has(blobs) && Promise(blobs);
}

bool RemoteBlobs::IsPromised(const Digest& blob) const {
  absl::MutexLock lock(&mutex_);
  return promised_.contains(blob);
}

// Those that nobody brings and that did not fail to come.
std::vector<Digest> RemoteBlobs::Claim(const std::vector<Digest>& blobs) {
  std::vector<Digest> claimed;
  absl::MutexLock lock(&mutex_);
  for (const Digest& blob : blobs) {
    if (!failed_.contains(blob) && coming_.insert(blob).second) claimed.push_back(blob);
  }
  return claimed;
}

void RemoteBlobs::Settle(const std::vector<Digest>& claimed, const std::vector<Digest>& missing) {
  absl::MutexLock lock(&mutex_);
  for (const Digest& blob : claimed) {
    coming_.erase(blob);
    promised_.erase(blob);
  }
  failed_.insert(missing.begin(), missing.end());
  came_.SignalAll();
}

void RemoteBlobs::Bring(const std::vector<Digest>& blobs) {
  if (remote_ == nullptr) return;
  const std::vector<Digest> claimed = Claim(blobs);
  if (!claimed.empty()) {
    std::vector<Digest> missing;
    if (!remote_->Fetch(claimed)) missing = here_.FindMissing(claimed).value_or(claimed);
    Settle(claimed, missing);
  }
  absl::MutexLock lock(&mutex_);
  for (const Digest& blob : blobs) {
    while (coming_.contains(blob)) came_.Wait(&mutex_);
  }
}

}  // namespace cow::execution
