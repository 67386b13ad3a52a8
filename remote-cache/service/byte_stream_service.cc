#include "remote-cache/service/byte_stream_service.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "remote-cache/service/resource_name.h"
#include "remote-cache/storage/frames.h"

namespace cow::cache {
namespace {

namespace bytestream = google::bytestream;

constexpr size_t kMessage = 1 << 20;

absl::Status CheckRange(const bytestream::ReadRequest& request, const ResourceName& name) {
  if (request.read_offset() < 0 || request.read_offset() > name.digest.size_bytes()) {
    return absl::OutOfRangeError(absl::StrCat("offset ", request.read_offset(), " of a blob of ", name.digest.size_bytes()));
  }
  if (request.read_limit() < 0) return absl::InvalidArgumentError("a negative limit");
  if (name.is_zstd && request.read_limit() != 0) return absl::InvalidArgumentError("a limit of a compressed read");
  return absl::OkStatus();
}

// Takes the messages of one upload.
class Receiver {
 public:
  Receiver(BlobStorage& storage, ResourceName name) : storage_(storage), name_(std::move(name)) {}

  absl::Status Begin() {
    COW_ASSIGN_OR_RETURN(upload_, storage_.Begin(name_.digest));
    return absl::OkStatus();
  }

  absl::Status Take(std::string_view data) {
    sent_ += static_cast<int64_t>(data.size());
    if (!name_.is_zstd) return upload_->writer().Write(data);
    const int64_t left = name_.digest.size_bytes() - upload_->writer().received();
    return stream_.Add(data, static_cast<size_t>(left), [this](std::string_view part) { return upload_->writer().Write(part); });
  }

  absl::Status End() {
    if (name_.is_zstd && !stream_.complete()) return absl::InvalidArgumentError("the compressed bytes end in the middle");
    return storage_.Commit(*upload_);
  }

  int64_t sent() const { return sent_; }

 private:
  BlobStorage& storage_;
  const ResourceName name_;
  std::unique_ptr<BlobStorage::Upload> upload_;
  StreamDecompressor stream_;
  int64_t sent_ = 0;
};

}  // namespace

grpc::Status ByteStreamService::Read(grpc::ServerContext* rpc, const bytestream::ReadRequest* request,
                                     grpc::ServerWriter<bytestream::ReadResponse>* writer) {
  Call call(context_, *rpc, "Read");
  int64_t sent = 0;
  const auto read = [&]() -> absl::Status {
    COW_ASSIGN_OR_RETURN(const ResourceName name, ParseReadName(request->resource_name()));
    COW_RETURN_IF_ERROR(call.Allow(Need::kRead, name.instance));
    COW_RETURN_IF_ERROR(CheckRange(*request, name));
    COW_ASSIGN_OR_RETURN(std::unique_ptr<BlobReader> reader,
                         context_.storage->Read(Space::kCas, name.digest.hash(), name.digest.size_bytes(),
                                                request->read_offset()));
    int64_t left = request->read_limit() > 0 ? request->read_limit() : INT64_MAX;
    while (left > 0) {
      COW_ASSIGN_OR_RETURN(const std::string piece, name.is_zstd ? reader->NextCompressed() : reader->Next());
      if (piece.empty()) break;
      std::string_view rest = std::string_view(piece).substr(0, static_cast<size_t>(std::min<int64_t>(
                                                                   left, static_cast<int64_t>(piece.size()))));
      left -= static_cast<int64_t>(rest.size());
      for (; !rest.empty(); rest.remove_prefix(std::min(kMessage, rest.size()))) {
        bytestream::ReadResponse message;
        message.set_data(std::string(rest.substr(0, kMessage)));
        sent += static_cast<int64_t>(message.data().size());
        if (!writer->Write(message)) return absl::CancelledError("the caller went away");
      }
    }
    return absl::OkStatus();
  };
  absl::Status status = read();
  if (absl::IsDataLoss(status) && sent == 0) status = absl::NotFoundError("the blob was damaged and is gone");
  context_.metrics->Add("cow_cache_sent_bytes_total", sent);
  return call.End(status, sent);
}

grpc::Status ByteStreamService::Write(grpc::ServerContext* rpc, grpc::ServerReader<bytestream::WriteRequest>* reader,
                                      bytestream::WriteResponse* response) {
  Call call(context_, *rpc, "Write");
  int64_t received = 0;
  const auto write = [&]() -> absl::Status {
    COW_RETURN_IF_ERROR(call.Allow(Need::kWriteBlobs, ""));  // before a thread waits for a message
    bytestream::WriteRequest message;
    if (!reader->Read(&message)) return absl::InvalidArgumentError("a write without a message");
    const std::string first = message.resource_name();
    COW_ASSIGN_OR_RETURN(const ResourceName name, ParseWriteName(first));
    COW_RETURN_IF_ERROR(call.Allow(Need::kWriteBlobs, name.instance));
    if (message.write_offset() != 0) return absl::InvalidArgumentError("uploads cannot be resumed; begin at 0");
    COW_ASSIGN_OR_RETURN(const std::vector<Digest> missing, context_.storage->FindMissing({name.digest}));
    if (missing.empty()) {  // nothing more is wanted; clients expect a success
      response->set_committed_size(name.is_zstd ? -1 : name.digest.size_bytes());
      return absl::OkStatus();
    }
    Receiver receiver(*context_.storage, name);
    COW_RETURN_IF_ERROR(receiver.Begin());
    while (true) {
      if (message.write_offset() != receiver.sent()) {
        return absl::InvalidArgumentError(absl::StrCat("offset ", message.write_offset(), " where ", receiver.sent(),
                                                       " bytes came"));
      }
      received += static_cast<int64_t>(message.data().size());
      COW_RETURN_IF_ERROR(receiver.Take(message.data()));
      if (message.finish_write()) break;
      if (!reader->Read(&message)) return absl::InvalidArgumentError("the upload ended without finish_write");
      if (!message.resource_name().empty() && message.resource_name() != first) {
        return absl::InvalidArgumentError("the resource name changed in the middle of an upload");
      }
    }
    COW_RETURN_IF_ERROR(receiver.End());
    response->set_committed_size(receiver.sent());
    return absl::OkStatus();
  };
  const absl::Status status = write();
  context_.metrics->Add("cow_cache_received_bytes_total", received);
  return call.End(status, received);
}

grpc::Status ByteStreamService::QueryWriteStatus(grpc::ServerContext* rpc,
                                                 const bytestream::QueryWriteStatusRequest* request,
                                                 bytestream::QueryWriteStatusResponse* response) {
  Call call(context_, *rpc, "QueryWriteStatus");
  const auto query = [&]() -> absl::Status {
    COW_ASSIGN_OR_RETURN(const ResourceName name, ParseWriteName(request->resource_name()));
    COW_RETURN_IF_ERROR(call.Allow(Need::kRead, name.instance));
    COW_ASSIGN_OR_RETURN(const std::vector<Digest> missing, context_.storage->FindMissing({name.digest}));
    response->set_complete(missing.empty());
    if (missing.empty()) response->set_committed_size(name.digest.size_bytes());
    return absl::OkStatus();
  };
  return call.End(query());
}

}  // namespace cow::cache
