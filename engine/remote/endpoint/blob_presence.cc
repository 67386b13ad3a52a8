#include "engine/remote/endpoint/blob_presence.h"

#include <algorithm>

#include "engine/remote/endpoint/result_message.h"

namespace cow::remote {
namespace {

constexpr size_t kDigestsOfOneQuestion = 10'000;

}  // namespace

bool HoldsAll(Link& link, const std::vector<Frame::Blob>& blobs) {
  for (size_t first = 0; first < blobs.size(); first += kDigestsOfOneQuestion) {
    const size_t end = std::min(blobs.size(), first + kDigestsOfOneQuestion);
    reapi::FindMissingBlobsRequest request;
    request.set_instance_name(link.instance());
    for (size_t i = first; i < end; ++i) *request.add_blob_digests() = ToWire(blobs[i].digest);
    reapi::FindMissingBlobsResponse response;
    const grpc::Status status = link.Run(Urgency::kBuildWaits, blobs[first].digest.hex(), [&](Link::Attempt& attempt) {
      return attempt.stubs.blobs.FindMissingBlobs(&attempt.context, request, &response);
    });
    if (!status.ok() || !response.missing_blob_digests().empty()) return false;
  }
  return true;
}

}  // namespace cow::remote
