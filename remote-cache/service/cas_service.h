// CasService: blobs by digest over gRPC. Any thread.
#pragma once

#include "remote-cache/service/call.h"
#include "wire/reapi.grpc.pb.h"

namespace cow::cache {

class CasService final : public build::bazel::remote::execution::v2::ContentAddressableStorage::Service {
 public:
  // What the messages of a batch may hold together, advertised; four times as much is taken.
  static constexpr int64_t kBatchBytes = (int64_t{4} << 20) - (64 << 10);

  explicit CasService(ServiceContext context) : context_(std::move(context)) {}

  grpc::Status FindMissingBlobs(grpc::ServerContext* rpc,
                                const build::bazel::remote::execution::v2::FindMissingBlobsRequest* request,
                                build::bazel::remote::execution::v2::FindMissingBlobsResponse* response) override;
  grpc::Status BatchUpdateBlobs(grpc::ServerContext* rpc,
                                const build::bazel::remote::execution::v2::BatchUpdateBlobsRequest* request,
                                build::bazel::remote::execution::v2::BatchUpdateBlobsResponse* response) override;
  grpc::Status BatchReadBlobs(grpc::ServerContext* rpc,
                              const build::bazel::remote::execution::v2::BatchReadBlobsRequest* request,
                              build::bazel::remote::execution::v2::BatchReadBlobsResponse* response) override;
  grpc::Status GetTree(grpc::ServerContext* rpc, const build::bazel::remote::execution::v2::GetTreeRequest* request,
                       grpc::ServerWriter<build::bazel::remote::execution::v2::GetTreeResponse>* writer) override;

 private:
  const ServiceContext context_;
};

}  // namespace cow::cache
