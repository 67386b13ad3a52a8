// BlobWriter: sends blobs that the server does not have. Any thread.
#pragma once

#include <vector>

#include "engine/remote/endpoint/link.h"
#include "engine/remote/frame.h"

namespace cow::remote {

class BlobWriter {
 public:
  // `link` outlives the writer. `urgency`: who waits for what is sent.
  explicit BlobWriter(Link* link, Urgency urgency = Urgency::kBackground) : link_(*link), urgency_(urgency) {}

  // OK if the server has all of them now. `action`: for the server's log.
  grpc::Status Write(const std::string& action, const std::vector<Frame::Blob>& blobs);

 private:
  using Part = std::vector<const Frame::Blob*>;
  grpc::Status FindMissing(const std::string& action, const std::vector<Frame::Blob>& blobs, Part* missing);
  grpc::Status WriteBatch(const std::string& action, const Part& batch, const Abilities& abilities);
  grpc::Status WriteStream(const std::string& action, const Frame::Blob& blob, const Abilities& abilities);

  Link& link_;
  const Urgency urgency_;
};

}  // namespace cow::remote
