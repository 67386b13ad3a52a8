#include "engine/remote/endpoint/uploads.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/remote/endpoint/result_message.h"
#include "engine/store/action_result_record.h"

namespace cow::remote {
namespace {

constexpr int kThreads = 4;
constexpr size_t kMostWaiting = 20'000;
constexpr size_t kMostWaitedFor = 64;                  // of what somebody waits for anyway
constexpr size_t kMostBytesWaiting = size_t{64} << 20;  // of what waits behind another
constexpr absl::Duration kPause = absl::Milliseconds(200);

size_t BytesOf(const Frame& offer) {
  size_t bytes = sizeof offer + offer.record.size() + offer.read.size();
  for (const Frame::Blob& blob : offer.blobs) bytes += sizeof blob + blob.path.size() + blob.bytes.size();
  return bytes;
}

}  // namespace

Uploads::Uploads(Link* link) : link_(*link), writer_(link) {
  for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { Work(); });
}

Uploads::~Uploads() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    waiting_.clear();
  }
  for (std::thread& thread : threads_) thread.join();
}

void Uploads::Add(Frame offer) {
  const size_t bytes = BytesOf(offer);
  absl::MutexLock lock(&mutex_);
  const auto has_room = [this] {
    mutex_.AssertReaderHeld();
    return stopping_ || refused_ || waiting_.size() < kMostWaitedFor;
  };
  if (link_.options().uploads_wait) mutex_.Await(absl::Condition(&has_room));
  const bool full = waiting_.size() >= kMostWaiting || (!waiting_.empty() && waiting_bytes_ + bytes > kMostBytesWaiting);
  if (refused_ || full) {
    ++counts_.dropped;
  } else {
    waiting_bytes_ += bytes;
    waiting_.push_back(std::move(offer));
  }
}

bool Uploads::MayTry() {
  while (!link_.Connect()) {
    absl::MutexLock lock(&mutex_);
    if (stopping_ || draining_ || refused_) return false;
    const auto hurry = [this] {
      mutex_.AssertReaderHeld();
      return stopping_ || draining_;
    };
    mutex_.AwaitWithTimeout(absl::Condition(&hurry), kPause);
    if (link_.off()) return false;
  }
  return true;
}

grpc::Status Uploads::Send(const Frame& offer) {
  const Digest& key = offer.blobs.front().digest;
  absl::StatusOr<ActionResult> result = store::DecodeActionResult(key, offer.record);
  if (!result.ok()) return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, std::string(result.status().message()));
  const std::vector<Frame::Blob> blobs(offer.blobs.begin() + 1, offer.blobs.end());
  if (grpc::Status status = writer_.Write(key.hex(), blobs); !status.ok()) return status;
  reapi::UpdateActionResultRequest request;
  request.set_instance_name(link_.instance());
  *request.mutable_action_digest() = ToWire(key);
  *request.mutable_action_result() = ToWire(*result, offer.read);
  reapi::ActionResult response;
  return link_.Run(Urgency::kBackground, key.hex(), [&](Link::Attempt& attempt) {
    return attempt.stubs.results.UpdateActionResult(&attempt.context, request, &response);
  });
}

void Uploads::Work() {
  absl::MutexLock lock(&mutex_);
  while (true) {
    const auto wanted = [this] {
      mutex_.AssertReaderHeld();
      return stopping_ || !waiting_.empty();
    };
    mutex_.Await(absl::Condition(&wanted));
    if (stopping_) return;
    const Frame offer = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= BytesOf(offer);
    ++busy_;
    mutex_.Unlock();
    grpc::Status status(grpc::StatusCode::UNAVAILABLE, "");
    if (MayTry()) status = Send(offer);
    const bool refused = status.error_code() == grpc::StatusCode::PERMISSION_DENIED ||
                         status.error_code() == grpc::StatusCode::UNAUTHENTICATED;
    if (refused) {
      link_.Say("refused", absl::StrCat("takes no results from this machine: ", status.error_message()));
    } else if (!status.ok() && !status.error_message().empty()) {
      link_.Say("upload", absl::StrCat("did not take a result: ", status.error_message()));
    }
    mutex_.Lock();
    --busy_;
    ++(status.ok() ? counts_.sent : counts_.dropped);
    if (!refused) continue;
    refused_ = true;
    counts_.dropped += static_cast<int64_t>(waiting_.size());
    waiting_.clear();
    waiting_bytes_ = 0;
  }
}

Uploads::Counts Uploads::Drain(absl::Time deadline) {
  link_.Finish();
  absl::MutexLock lock(&mutex_);
  draining_ = true;
  const auto done = [this] {
    mutex_.AssertReaderHeld();
    return waiting_.empty() && busy_ == 0;
  };
  mutex_.AwaitWithDeadline(absl::Condition(&done), deadline);
  Counts counts = counts_;
  counts.dropped += busy_ + static_cast<int64_t>(waiting_.size());
  waiting_.clear();
  waiting_bytes_ = 0;
  return counts;
}

}  // namespace cow::remote
