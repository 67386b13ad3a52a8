// BlobReader: brings blobs from the server into files. Bytes that do not have the digest that was asked for are never left
// anywhere. Any thread.
#pragma once

#include <vector>

#include "engine/remote/endpoint/link.h"
#include "engine/remote/frame.h"

namespace cow::remote {

class BlobReader {
 public:
  // `link` outlives the reader.
  explicit BlobReader(Link* link) : link_(*link) {}

  // Those that are complete in their files now.
  std::vector<Frame::Blob> Read(const std::vector<Frame::Blob>& wanted);

 private:
  using Part = std::vector<const Frame::Blob*>;
  // Each gives those that it has written.
  Part ReadBatch(const Part& batch, const Abilities& abilities);
  bool ReadStream(const Frame::Blob& blob, const Abilities& abilities);
  bool Keep(const Frame::Blob& blob, const reapi::BatchReadBlobsResponse::Response& response);
  bool Judge(const Frame::Blob& blob, const absl::Status& status);

  Link& link_;
};

}  // namespace cow::remote
