#include "engine/remote/endpoint/blob_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/remote/endpoint/resource_name.h"
#include "engine/remote/endpoint/result_message.h"
#include "engine/remote/endpoint/zstd_stream.h"

namespace cow::remote {
namespace {

constexpr size_t kDigestsOfOneQuestion = 10'000;
constexpr size_t kPiece = 512 << 10;
constexpr int64_t kLargestInBatch = 512 << 10;
constexpr int64_t kOverhead = 128;
constexpr int64_t kWorthCompressing = 512;

// The bytes of a blob, piece by piece.
class Source {
 public:
  explicit Source(const Frame::Blob& blob) : rest_(blob.bytes) {
    if (!blob.path.empty()) fd_ = UniqueFd(open(blob.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    failed_ = !blob.path.empty() && !fd_.valid();
  }
  // "" at the end, or if the file cannot be read.
  std::string Next() {
    std::string piece(kPiece, '\0');
    ssize_t got = 0;
    if (fd_.valid()) {
      do {
        got = read(fd_.get(), piece.data(), piece.size());
      } while (got < 0 && errno == EINTR);
    } else {
      got = static_cast<ssize_t>(std::min(rest_.size(), kPiece));
      std::memcpy(piece.data(), rest_.data(), static_cast<size_t>(got));
      rest_.remove_prefix(static_cast<size_t>(got));
    }
    failed_ |= got < 0;
    piece.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
    return piece;
  }
  bool failed() const { return failed_; }

 private:
  UniqueFd fd_;
  std::string_view rest_;
  bool failed_ = false;
};

grpc::Status Unreadable(const Frame::Blob& blob) {
  return grpc::Status(grpc::StatusCode::DATA_LOSS, absl::StrCat("the blob ", blob.digest.ToString(), " is not in the cache of this machine any more"));
}

// One call of ByteStream.Write.
class StreamWrite {
 public:
  StreamWrite(Link* link, const Frame::Blob& blob, bool zstd) : link_(*link), blob_(blob), zstd_(zstd) {}

  grpc::Status Try(Link::Attempt& attempt) {
    google::bytestream::WriteResponse response;
    std::unique_ptr<grpc::ClientWriter<google::bytestream::WriteRequest>> writer =
        attempt.stubs.bytes.Write(&attempt.context, &response);
    const bool read = SendAll(attempt, *writer);
    if (!read) attempt.context.TryCancel();
    grpc::Status status = writer->Finish();
    if (!read) return Unreadable(blob_);
    // Of compressed bytes servers count different things; -1: it was there.
    const int64_t committed = response.committed_size();
    if (status.ok() && !zstd_ && committed != -1 && committed != blob_.digest.size_bytes()) {
      status = grpc::Status(grpc::StatusCode::DATA_LOSS, absl::StrCat("of ", blob_.digest.ToString(), " it took ", committed, " bytes"));
    }
    return status;
  }

 private:
  // False if the blob cannot be read. The server may end the call early, because it has the blob.
  bool SendAll(Link::Attempt& attempt, grpc::ClientWriter<google::bytestream::WriteRequest>& writer) {
    Source source(blob_);
    Compressor compressor;
    google::bytestream::WriteRequest request;
    request.set_resource_name(WriteName(link_.instance(), blob_.digest, zstd_));
    int64_t read = 0;
    int64_t offset = 0;
    while (true) {
      std::string piece = source.Next();
      if (source.failed()) return false;
      read += static_cast<int64_t>(piece.size());
      const bool last = piece.empty() || read == blob_.digest.size_bytes();
      if (read > blob_.digest.size_bytes() || (last && read != blob_.digest.size_bytes())) return false;
      request.set_write_offset(offset);
      request.set_data(zstd_ ? compressor.Add(piece, last) : std::move(piece));
      request.set_finish_write(last);
      offset += static_cast<int64_t>(request.data().size());
      if ((last || !request.data().empty()) && !writer.Write(request)) return true;
      attempt.Sent();
      request.clear_resource_name();
      if (!last) continue;
      writer.WritesDone();
      return true;
    }
  }

  Link& link_;
  const Frame::Blob& blob_;
  const bool zstd_;
};

}  // namespace

grpc::Status BlobWriter::FindMissing(const std::string& action, const std::vector<Frame::Blob>& blobs, Part* missing) {
  for (size_t first = 0; first < blobs.size(); first += kDigestsOfOneQuestion) {
    const size_t end = std::min(blobs.size(), first + kDigestsOfOneQuestion);
    reapi::FindMissingBlobsRequest request;
    request.set_instance_name(link_.instance());
    for (size_t i = first; i < end; ++i) *request.add_blob_digests() = ToWire(blobs[i].digest);
    reapi::FindMissingBlobsResponse response;
    const grpc::Status status = link_.Run(urgency_, action, [&](Link::Attempt& attempt) {
      return attempt.stubs.blobs.FindMissingBlobs(&attempt.context, request, &response);
    });
    if (!status.ok()) return status;
    absl::flat_hash_set<std::string> hashes;
    for (const reapi::Digest& digest : response.missing_blob_digests()) hashes.insert(digest.hash());
    for (size_t i = first; i < end; ++i) {
      if (hashes.erase(blobs[i].digest.hex()) > 0) missing->push_back(&blobs[i]);
    }
  }
  return grpc::Status::OK;
}

grpc::Status BlobWriter::WriteBatch(const std::string& action, const Part& batch, const Abilities& abilities) {
  reapi::BatchUpdateBlobsRequest request;
  request.set_instance_name(link_.instance());
  for (const Frame::Blob* blob : batch) {
    reapi::BatchUpdateBlobsRequest::Request& one = *request.add_requests();
    *one.mutable_digest() = ToWire(blob->digest);
    Source source(*blob);
    for (std::string piece = source.Next(); !piece.empty(); piece = source.Next()) one.mutable_data()->append(piece);
    if (static_cast<int64_t>(one.data().size()) != blob->digest.size_bytes()) return Unreadable(*blob);
    if (!abilities.zstd_batches || blob->digest.size_bytes() < kWorthCompressing) continue;
    one.set_data(Compressor().Add(one.data(), true));
    one.set_compressor(reapi::Compressor::ZSTD);
  }
  reapi::BatchUpdateBlobsResponse response;
  const grpc::Status status = link_.Run(urgency_, action, [&](Link::Attempt& attempt) {
    return attempt.stubs.blobs.BatchUpdateBlobs(&attempt.context, request, &response);
  });
  if (!status.ok()) return status;
  for (const reapi::BatchUpdateBlobsResponse::Response& one : response.responses()) {
    if (one.status().code() != 0) return grpc::Status(static_cast<grpc::StatusCode>(one.status().code()), one.status().message());
  }
  if (static_cast<size_t>(response.responses_size()) < batch.size()) {
    return grpc::Status(grpc::StatusCode::DATA_LOSS,
                        absl::StrCat("of ", batch.size(), " blobs it answered for ", response.responses_size()));
  }
  return grpc::Status::OK;
}

grpc::Status BlobWriter::WriteStream(const std::string& action, const Frame::Blob& blob, const Abilities& abilities) {
  StreamWrite stream(&link_, blob, abilities.zstd_streams && blob.digest.size_bytes() >= kWorthCompressing);
  return link_.Run(urgency_, action, [&](Link::Attempt& attempt) { return stream.Try(attempt); });
}

grpc::Status BlobWriter::Write(const std::string& action, const std::vector<Frame::Blob>& blobs) {
  const std::optional<Abilities> abilities = link_.Connect();
  if (!abilities) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "");
  Part missing;
  if (grpc::Status status = FindMissing(action, blobs, &missing); !status.ok()) return status;
  Part batch;
  int64_t size = 0;
  const auto flush = [&] {
    size = 0;
    const Part part = std::exchange(batch, {});
    return part.empty() ? grpc::Status::OK : WriteBatch(action, part, *abilities);
  };
  for (const Frame::Blob* blob : missing) {
    const int64_t cost = blob->digest.size_bytes() + kOverhead;
    if (blob->digest.size_bytes() > kLargestInBatch || cost > abilities->batch_bytes) {
      if (grpc::Status status = WriteStream(action, *blob, *abilities); !status.ok()) return status;
      continue;
    }
    if (size + cost > abilities->batch_bytes) {
      if (grpc::Status status = flush(); !status.ok()) return status;
    }
    batch.push_back(blob);
    size += cost;
  }
  return flush();
}

}  // namespace cow::remote
