#include "engine/remote/endpoint/blob_reader.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/base/thread_pool.h"
#include "engine/remote/endpoint/blob_file.h"
#include "engine/remote/endpoint/resource_name.h"
#include "engine/remote/endpoint/result_message.h"
#include "engine/remote/endpoint/zstd_stream.h"

namespace cow::remote {
namespace {

constexpr int kStreamsOfOneRequest = 4;
constexpr int64_t kLargestInBatch = 512 << 10;
constexpr int64_t kOverhead = 128;        // of a blob in a message, more or less
constexpr int64_t kWorthCompressing = 512;
constexpr int64_t kLargestPart = 4 << 20;  // of a stream, in one message

int64_t CostOf(const Frame::Blob& blob) { return blob.digest.size_bytes() + kOverhead; }

bool FitsInBatch(const Frame::Blob& blob, const Abilities& abilities) {
  return blob.digest.size_bytes() <= kLargestInBatch && CostOf(blob) <= abilities.batch_bytes;
}

// One call of ByteStream.Read, into a file that may hold the beginning already.
class StreamRead {
 public:
  StreamRead(Link* link, const Digest& digest, BlobFile* file, bool zstd) : link_(*link), digest_(digest), file_(*file), zstd_(zstd) {}

  grpc::Status Run() {
    return link_.Run(Urgency::kBuildWaits, digest_.hex(), [this](Link::Attempt& attempt) { return Try(attempt); });
  }
  // What went wrong here, not there.
  const absl::Status& local() const { return local_; }

 private:
  grpc::Status Try(Link::Attempt& attempt) {
    // Not all servers can begin in the midst of compressed bytes.
    if (zstd_) local_ = file_.Restart();
    google::bytestream::ReadRequest request;
    request.set_resource_name(ReadName(link_.instance(), digest_, zstd_));
    request.set_read_offset(file_.size());
    attempt.Expect(std::min(digest_.size_bytes() - file_.size(), kLargestPart));
    Decompressor decompressor;
    std::unique_ptr<grpc::ClientReader<google::bytestream::ReadResponse>> reader =
        attempt.stubs.bytes.Read(&attempt.context, request);
    google::bytestream::ReadResponse part;
    while (local_.ok() && reader->Read(&part)) {
      attempt.Progress();
      const auto append = [this](std::string_view bytes) { return file_.Append(bytes); };
      local_ = zstd_ ? decompressor.Add(part.data(), append) : append(part.data());
    }
    if (local_.ok()) return reader->Finish();
    attempt.context.TryCancel();
    reader->Finish();
    return grpc::Status(grpc::StatusCode::DATA_LOSS, std::string(local_.message()));
  }

  Link& link_;
  const Digest& digest_;
  BlobFile& file_;
  const bool zstd_;
  absl::Status local_;
};

}  // namespace

// Whether the blob is there. Wrong bytes are worth a word.
bool BlobReader::Judge(const Frame::Blob& blob, const absl::Status& status) {
  if (absl::IsDataLoss(status)) {
    link_.Say("wrong bytes", absl::StrCat("gives wrong bytes, which are not used: ", status.message()));
  } else if (!status.ok()) {
    link_.Say("disk", absl::StrCat("gave ", blob.digest.ToString(), ", which cannot be written: ", status.message()));
  }
  return status.ok();
}

bool BlobReader::ReadStream(const Frame::Blob& blob, const Abilities& abilities) {
  absl::StatusOr<std::unique_ptr<BlobFile>> file = BlobFile::Create(blob.path, blob.digest);
  if (!file.ok()) return Judge(blob, file.status());
  const bool zstd = abilities.zstd_streams && blob.digest.size_bytes() >= kWorthCompressing;
  StreamRead stream(&link_, blob.digest, file->get(), zstd);
  const grpc::Status status = stream.Run();
  if (!stream.local().ok()) return Judge(blob, stream.local());
  return status.ok() && Judge(blob, (*file)->Finish());
}

bool BlobReader::Keep(const Frame::Blob& blob, const reapi::BatchReadBlobsResponse::Response& response) {
  absl::StatusOr<std::unique_ptr<BlobFile>> file = BlobFile::Create(blob.path, blob.digest);
  absl::Status status = file.status();
  const auto append = [&](std::string_view bytes) { return (*file)->Append(bytes); };
  if (status.ok()) {
    status = response.compressor() == reapi::Compressor::ZSTD ? Decompressor().Add(response.data(), append)
                                                              : append(response.data());
  }
  if (status.ok()) status = (*file)->Finish();
  return Judge(blob, status);
}

BlobReader::Part BlobReader::ReadBatch(const Part& batch, const Abilities& abilities) {
  reapi::BatchReadBlobsRequest request;
  request.set_instance_name(link_.instance());
  absl::flat_hash_map<std::string, const Frame::Blob*> wanted;
  int64_t size = 0;
  for (const Frame::Blob* blob : batch) {
    size += CostOf(*blob);
    *request.add_digests() = ToWire(blob->digest);
    wanted.emplace(blob->digest.hex(), blob);
  }
  if (abilities.zstd_batches) request.add_acceptable_compressors(reapi::Compressor::ZSTD);
  reapi::BatchReadBlobsResponse response;
  const grpc::Status status = link_.Run(Urgency::kBuildWaits, batch[0]->digest.hex(), [&](Link::Attempt& attempt) {
    attempt.Expect(size);
    return attempt.stubs.blobs.BatchReadBlobs(&attempt.context, request, &response);
  });
  Part read;
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    for (const Frame::Blob* blob : batch) {
      if (ReadStream(*blob, abilities)) read.push_back(blob);
    }
  }
  if (!status.ok()) return read;
  for (const reapi::BatchReadBlobsResponse::Response& one : response.responses()) {
    auto place = wanted.find(one.digest().hash());
    if (one.status().code() != 0 || place == wanted.end()) continue;
    if (Keep(*place->second, one)) read.push_back(place->second);
    wanted.erase(place);
  }
  return read;
}

std::vector<Frame::Blob> BlobReader::Read(const std::vector<Frame::Blob>& wanted) {
  const std::optional<Abilities> abilities = link_.Connect();
  if (!abilities) return {};
  std::vector<Part> parts;  // one blob, or a batch of small ones
  Part batch;
  int64_t size = 0;
  for (const Frame::Blob& blob : wanted) {
    const int64_t cost = CostOf(blob);
    if (!FitsInBatch(blob, *abilities)) {
      parts.push_back({&blob});
      continue;
    }
    if (size + cost > abilities->batch_bytes) parts.push_back(std::exchange(batch, {}));
    if (batch.empty()) size = 0;
    batch.push_back(&blob);
    size += cost;
  }
  if (!batch.empty()) parts.push_back(std::move(batch));
  std::vector<Part> read(parts.size());
  ParallelFor(kStreamsOfOneRequest, parts.size(), [&](size_t i) {
    if (FitsInBatch(*parts[i][0], *abilities)) {
      read[i] = ReadBatch(parts[i], *abilities);
    } else if (ReadStream(*parts[i][0], *abilities)) {
      read[i] = parts[i];
    }
  });
  std::vector<Frame::Blob> there;
  for (const Part& part : read) {
    for (const Frame::Blob* blob : part) there.push_back(*blob);
  }
  return there;
}

}  // namespace cow::remote
