// ActionCacheService and CapabilitiesService: results of actions, and what this server can do, over gRPC. Any thread.
#pragma once

#include "remote-cache/service/action_results.h"
#include "remote-cache/service/call.h"
#include "wire/reapi.grpc.pb.h"

namespace cow::cache {

class ActionCacheService final : public reapi::ActionCache::Service {
 public:
  ActionCacheService(ServiceContext context, ActionResults* results) : context_(std::move(context)), results_(*results) {}

  grpc::Status GetActionResult(grpc::ServerContext* rpc, const reapi::GetActionResultRequest* request,
                               reapi::ActionResult* response) override;
  grpc::Status UpdateActionResult(grpc::ServerContext* rpc, const reapi::UpdateActionResultRequest* request,
                                  reapi::ActionResult* response) override;

 private:
  const ServiceContext context_;
  ActionResults& results_;
};

class CapabilitiesService final : public reapi::Capabilities::Service {
 public:
  explicit CapabilitiesService(ServiceContext context) : context_(std::move(context)) {}

  // Says that results may be written whoever asks: old clients fail their build otherwise. Writing is refused where it is tried.
  grpc::Status GetCapabilities(grpc::ServerContext* rpc, const reapi::GetCapabilitiesRequest* request,
                               reapi::ServerCapabilities* response) override;

 private:
  const ServiceContext context_;
};

}  // namespace cow::cache
