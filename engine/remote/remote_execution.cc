#include "engine/remote/remote_execution.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"

namespace cow::remote {
namespace {

constexpr size_t kBlobsOfOneRequest = 2000;
constexpr size_t kBytesOfOneRequest = size_t{8} << 20;
constexpr int kMostUploads = 3;                 // of what the server has lost
constexpr absl::Duration kLook = absl::Milliseconds(20);

}  // namespace

absl::StatusOr<ExecutionReply> RemoteExecution::Ask(const ExecutionRequest& request, std::stop_token cancelled) {
  COW_ASSIGN_OR_RETURN(const Frame reply, client_.Ask({.kind = Frame::Kind::kExecute, .record = EncodeRequest(request)}, cancelled));
  return DecodeReply(reply.record);
}

absl::Status RemoteExecution::Send(const std::vector<const store::RemoteBlob*>& blobs, std::stop_token cancelled) {
  for (size_t first = 0; first < blobs.size();) {
    Frame frame{.kind = Frame::Kind::kUpload};
    size_t bytes = 0;
    while (first < blobs.size() && frame.blobs.size() < kBlobsOfOneRequest && bytes < kBytesOfOneRequest) {
      const store::RemoteBlob& blob = *blobs[first++];
      bytes += blob.bytes.size();
      frame.blobs.push_back({.digest = blob.digest, .path = blob.path, .bytes = blob.bytes});
    }
    COW_ASSIGN_OR_RETURN(const Frame reply, client_.Ask(std::move(frame), cancelled));
    if (reply.ok) continue;
    // A miss is a file of this machine that is gone, and nothing that a server says.
    const bool gone = std::any_of(blobs.begin(), blobs.end(), [](const store::RemoteBlob* blob) {
      return !blob->path.empty() && !FileExists(blob->path);
    });
    if (gone) return absl::NotFoundError("an input is gone");
    return absl::UnavailableError(reply.text.empty() ? "its storage does not answer" : absl::StrCat("its storage: ", reply.text));
  }
  return absl::OkStatus();
}

bool RemoteExecution::AnyIs(Known known, const std::vector<store::RemoteBlob>& blobs) const {
  for (const store::RemoteBlob& blob : blobs) {
    auto place = known_.find(blob.digest);
    if ((place == known_.end() ? Known::kNot : place->second) == known) return true;
  }
  return false;
}

absl::Status RemoteExecution::Upload(const std::vector<store::RemoteBlob>& blobs, std::stop_token cancelled) {
  while (true) {
    std::vector<const store::RemoteBlob*> mine;
    {
      absl::MutexLock lock(&mutex_);
      for (const store::RemoteBlob& blob : blobs) {
        if (known_.emplace(blob.digest, Known::kBeingSent).second) mine.push_back(&blob);
      }
    }
    const absl::Status sent = Send(mine, cancelled);
    absl::MutexLock lock(&mutex_);
    for (const store::RemoteBlob* blob : mine) {
      if (sent.ok()) {
        known_[blob->digest] = Known::kThere;
      } else {
        known_.erase(blob->digest);
      }
    }
    if (!sent.ok()) return sent;
    // Others send the rest, or have given up, or it was forgotten meanwhile.
    const auto settled = [&] {
      mutex_.AssertReaderHeld();
      return !AnyIs(Known::kBeingSent, blobs);
    };
    while (!mutex_.AwaitWithTimeout(absl::Condition(&settled), kLook)) {
      if (cancelled.stop_requested()) return absl::CancelledError("");
    }
    if (!AnyIs(Known::kNot, blobs)) return absl::OkStatus();
  }
}

void RemoteExecution::Forget(const std::vector<store::RemoteBlob>& blobs) {
  absl::MutexLock lock(&mutex_);
  for (const store::RemoteBlob& blob : blobs) {
    auto place = known_.find(blob.digest);
    if (place != known_.end() && place->second == Known::kThere) known_.erase(place);
  }
}

absl::StatusOr<store::RemoteRun> RemoteExecution::Execute(const store::RemoteWork& work, std::stop_token cancelled) {
  ExecutionRequest request{.action = work.action,
                           .outputs = work.outputs,
                           .scratch = absl::StrCat(scratch_directory_, "/executed-", ++files_, "-"),
                           .fresh = work.fresh || !client_.reads(),
                           .mnemonic = work.mnemonic,
                           .label = work.label};
  ExecutionReply reply{.code = absl::StatusCode::kNotFound};
  if (!request.fresh) {
    request.lookup_only = true;
    COW_ASSIGN_OR_RETURN(reply, Ask(request, cancelled));
    request.lookup_only = false;
  }
  for (int uploads = 1; reply.code != absl::StatusCode::kOk; ++uploads) {
    COW_RETURN_IF_ERROR(Upload(work.blobs, cancelled));
    COW_ASSIGN_OR_RETURN(reply, Ask(request, cancelled));
    if (reply.code == absl::StatusCode::kOk) break;
    // A result whose outputs are lost is made again.
    const bool lost = reply.cached && reply.code == absl::StatusCode::kUnavailable;
    if (uploads == kMostUploads || (!reply.missing && !lost)) {
      // Not the codes that mean a loss on this machine.
      const bool is_ours = reply.code == absl::StatusCode::kNotFound || reply.code == absl::StatusCode::kDataLoss;
      return absl::Status(is_ours || reply.missing ? absl::StatusCode::kUnavailable : reply.code,
                          reply.message.empty() ? "it does not answer" : reply.message);
    }
    request.fresh |= lost;
    if (reply.missing) Forget(work.blobs);
  }
  return store::RemoteRun{.exit_code = reply.exit_code,
                          .out = std::move(reply.out),
                          .err = std::move(reply.err),
                          .cached = reply.cached};
}

}  // namespace cow::remote
