#include "engine/remote/remote_client.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "engine/store/action_result_record.h"

namespace cow::remote {
namespace {

constexpr size_t kBlobsOfOneRequest = 1000;
constexpr int64_t kLargestTree = int64_t{64} << 20;  // it is read into memory

std::string EncodeRead(const store::ReadSet& read) {
  std::string text;
  for (bool was_read : read) text.push_back(was_read ? '1' : '0');
  return text;
}

store::ReadSet DecodeRead(std::string_view text) {
  store::ReadSet read;
  for (char c : text) read.push_back(c != '0');
  return read;
}

bool IsLargeTree(const ActionOutput& output) {
  return output.kind == ActionOutput::Kind::kTree && output.digest.size_bytes() > kLargestTree;
}

}  // namespace

void RemoteClient::Warn(const std::string& text) {
  warned_ = true;
  parts_.warn(text);
}

RemoteProcess* RemoteClient::Process() {
  if (cancelled_) return nullptr;
  absl::MutexLock lock(&mutex_);
  if (cancelled_) return nullptr;  // meanwhile
  if (started_) return process_.get();
  started_ = true;
  absl::StatusOr<std::unique_ptr<RemoteProcess>> process =
      RemoteProcess::Start(parts_.program, [this](const std::string& text) { Warn(text); });
  absl::Status status = process.status();
  if (status.ok()) status = (*process)->Send({.kind = Frame::Kind::kConfigure, .id = kConversation, .record = EncodeOptions(options_)});
  if (!status.ok()) {
    Warn(absl::StrCat("the remote cache is not used: ", status.message()));
    return nullptr;
  }
  process_ = *std::move(process);
  return process_.get();
}

std::optional<store::RemoteResult> RemoteClient::Find(const Digest& key) {
  RemoteProcess* process = Process();
  if (process == nullptr) return std::nullopt;
  absl::StatusOr<Frame> reply = process->Call({.kind = Frame::Kind::kFind, .blobs = {{.digest = key}}});
  if (!reply.ok()) {
    if (!cancelled_ && !said_gone_.exchange(true)) {
      Warn(absl::StrCat("the build goes on without the remote cache: ", reply.status().message()));
    }
    return std::nullopt;
  }
  if (!reply->ok) return std::nullopt;
  absl::StatusOr<ActionResult> result = store::DecodeActionResult(key, reply->record);
  if (!result.ok() || std::any_of(result->outputs.begin(), result->outputs.end(), IsLargeTree)) return std::nullopt;
  return store::RemoteResult{.result = *std::move(result), .read = DecodeRead(reply->read)};
}

bool RemoteClient::Has(const std::vector<Digest>& blobs) {
  RemoteProcess* process = Process();
  if (process == nullptr) return false;
  Frame request{.kind = Frame::Kind::kHas};
  for (const Digest& blob : blobs) request.blobs.push_back({.digest = blob});
  absl::StatusOr<Frame> reply = process->Call(std::move(request));
  return reply.ok() && reply->ok;
}

bool RemoteClient::Fetch(const std::vector<Digest>& blobs) {
  absl::StatusOr<std::vector<Digest>> missing = parts_.cas->FindMissing(blobs);
  if (!missing.ok()) return false;
  const absl::flat_hash_set<Digest> distinct(missing->begin(), missing->end());
  missing->assign(distinct.begin(), distinct.end());
  bool all = true;
  for (size_t first = 0; first < missing->size(); first += kBlobsOfOneRequest) {
    all &= FetchSome(missing->data() + first, std::min(kBlobsOfOneRequest, missing->size() - first));
  }
  return all;
}

bool RemoteClient::FetchSome(const Digest* first, size_t count) {
  RemoteProcess* process = Process();
  if (process == nullptr) return false;
  Frame request{.kind = Frame::Kind::kFetch};
  for (size_t i = 0; i < count; ++i) {
    request.blobs.push_back({.digest = first[i], .path = absl::StrCat(parts_.scratch_directory, "/fetched-", ++files_)});
  }
  absl::StatusOr<Frame> reply = process->Call(request);
  size_t there = 0;
  if (reply.ok()) {
    for (const Frame::Blob& blob : reply->blobs) {
      // What the file holds decides its name.
      absl::StatusOr<Digest> stored = parts_.cas->AdoptFile(blob.path);
      if (!stored.ok() || *stored != blob.digest) continue;
      ++there;
      ++fetched_blobs_;
      fetched_bytes_ += blob.digest.size_bytes();
    }
  }
  if (there == count) return true;
  for (const Frame::Blob& blob : request.blobs) RemoveFile(blob.path).IgnoreError();
  return false;
}

void RemoteClient::Offer(store::RemoteUpload upload) {
  ++offered_;
  RemoteProcess* process = Process();
  if (process == nullptr) {
    ++unsent_;
    return;
  }
  Frame offer{.kind = Frame::Kind::kOffer,
              .record = store::EncodeActionResult(upload.key, upload.result),
              .read = EncodeRead(upload.read),
              .blobs = {{.digest = upload.key}}};
  for (const Digest& digest : upload.blobs) {
    offer.blobs.push_back({.digest = digest, .path = parts_.cas->UncheckedPathOf(digest)});
  }
  for (std::string& message : upload.messages) {
    const Digest digest = Digest::Of(message);
    offer.blobs.push_back({.digest = digest, .bytes = std::move(message)});
  }
  if (!process->Send(offer).ok()) ++unsent_;
}

RemoteClient::Uploads RemoteClient::Finish() {
  const int64_t offered = offered_;
  RemoteProcess* process = offered > 0 ? Process() : nullptr;
  if (process == nullptr) return {.dropped = offered};
  absl::StatusOr<Frame> reply =
      process->Call({.kind = Frame::Kind::kFinish}, absl::Seconds(options_.exit_wait_seconds + 1));
  if (!reply.ok()) {
    if (!cancelled_ && !warned_) Warn(absl::StrCat("not all results were sent to the remote cache: ", reply.status().message()));
    return {.dropped = offered};
  }
  const Uploads uploads{.sent = reply->sent, .dropped = reply->dropped + unsent_};
  if (uploads.dropped > 0 && !warned_) {
    Warn(absl::StrCat(uploads.dropped, " of ", uploads.sent + uploads.dropped, " results were not sent to the remote cache"));
  }
  return uploads;
}

absl::StatusOr<Frame> RemoteClient::Ask(Frame request, std::stop_token cancelled) {
  RemoteProcess* process = Process();
  if (cancelled_) return absl::CancelledError("");
  if (process == nullptr) return absl::UnavailableError("cow-remote does not run");
  absl::StatusOr<Frame> reply = process->Call(std::move(request), absl::InfiniteDuration(), std::move(cancelled));
  if (!reply.ok() && cancelled_) return absl::CancelledError("");
  return reply;
}

void RemoteClient::Cancel() {
  cancelled_ = true;
  absl::MutexLock lock(&mutex_);
  if (process_ != nullptr) process_->Hangup();
}

}  // namespace cow::remote
