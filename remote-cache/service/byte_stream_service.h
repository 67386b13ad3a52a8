// ByteStreamService: blobs of any size over gRPC, in pieces, plain or as zstd. Any thread.
#pragma once

#include "remote-cache/service/call.h"
#include "wire/bytestream.grpc.pb.h"

namespace cow::cache {

class ByteStreamService final : public google::bytestream::ByteStream::Service {
 public:
  explicit ByteStreamService(ServiceContext context) : context_(std::move(context)) {}

  grpc::Status Read(grpc::ServerContext* rpc, const google::bytestream::ReadRequest* request,
                    grpc::ServerWriter<google::bytestream::ReadResponse>* writer) override;
  grpc::Status Write(grpc::ServerContext* rpc, grpc::ServerReader<google::bytestream::WriteRequest>* reader,
                     google::bytestream::WriteResponse* response) override;
  grpc::Status QueryWriteStatus(grpc::ServerContext* rpc, const google::bytestream::QueryWriteStatusRequest* request,
                                google::bytestream::QueryWriteStatusResponse* response) override;

 private:
  const ServiceContext context_;
};

}  // namespace cow::cache
