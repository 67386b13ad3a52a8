#include "remote-cache/service/action_cache_service.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/status.h"
#include "remote-cache/service/cas_service.h"

namespace cow::cache {
namespace {

constexpr int64_t kInline = int64_t{3} << 20;  // of the whole answer

// Puts bytes that the caller asked for into the result, as long as there is room. A blob that is gone stays a digest.
class Inliner {
 public:
  Inliner(BlobStorage& storage, int64_t room) : storage_(storage), left_(room) {}

  void Add(const reapi::Digest& wire, std::string* bytes) {
    absl::StatusOr<Digest> digest = ParseDigest(wire);
    if (!digest.ok() || digest->size_bytes() > left_) return;
    absl::StatusOr<std::string> blob = storage_.ReadAll(*digest);
    if (!blob.ok()) return;
    left_ -= digest->size_bytes();
    *bytes = *std::move(blob);
  }

 private:
  BlobStorage& storage_;
  int64_t left_;
};

void Inline(const reapi::GetActionResultRequest& request, BlobStorage& storage, reapi::ActionResult* result) {
  Inliner inliner(storage, kInline - static_cast<int64_t>(result->ByteSizeLong()));
  if (request.inline_stdout() && result->has_stdout_digest()) {
    inliner.Add(result->stdout_digest(), result->mutable_stdout_raw());
  }
  if (request.inline_stderr() && result->has_stderr_digest()) {
    inliner.Add(result->stderr_digest(), result->mutable_stderr_raw());
  }
  const auto& wanted = request.inline_output_files();
  if (wanted.empty()) return;
  for (reapi::OutputFile& file : *result->mutable_output_files()) {
    if (std::find(wanted.begin(), wanted.end(), file.path()) != wanted.end()) {
      inliner.Add(file.digest(), file.mutable_contents());
    }
  }
}

void SetVersion(int minor, build::bazel::semver::SemVer* version) {
  version->set_major(2);
  version->set_minor(minor);
}

}  // namespace

grpc::Status ActionCacheService::GetActionResult(grpc::ServerContext* rpc,
                                                 const reapi::GetActionResultRequest* request,
                                                 reapi::ActionResult* response) {
  Call call(context_, *rpc, "GetActionResult");
  const auto get = [&]() -> absl::Status {
    COW_RETURN_IF_ERROR(call.Allow(Need::kRead, request->instance_name()));
    COW_RETURN_IF_ERROR(CheckFunction(request->digest_function()));
    COW_ASSIGN_OR_RETURN(const Digest action, ParseDigest(request->action_digest()));
    absl::StatusOr<reapi::ActionResult> result = results_.Get(request->instance_name(), action);
    context_.metrics->Lookup(result.ok());
    COW_RETURN_IF_ERROR(result.status());
    *response = *std::move(result);
    Inline(*request, *context_.storage, response);
    return absl::OkStatus();
  };
  return call.End(get());
}

grpc::Status ActionCacheService::UpdateActionResult(grpc::ServerContext* rpc,
                                                    const reapi::UpdateActionResultRequest* request,
                                                    reapi::ActionResult* response) {
  Call call(context_, *rpc, "UpdateActionResult");
  const auto update = [&]() -> absl::Status {
    COW_RETURN_IF_ERROR(call.Allow(Need::kWriteResults, request->instance_name()));
    COW_RETURN_IF_ERROR(CheckFunction(request->digest_function()));
    COW_ASSIGN_OR_RETURN(const Digest action, ParseDigest(request->action_digest()));
    COW_ASSIGN_OR_RETURN(*response, results_.Update(request->instance_name(), action, request->action_result(), call.caller()));
    return absl::OkStatus();
  };
  return call.End(update());
}

grpc::Status CapabilitiesService::GetCapabilities(grpc::ServerContext* rpc, const reapi::GetCapabilitiesRequest* request,
                                                  reapi::ServerCapabilities* response) {
  Call call(context_, *rpc, "GetCapabilities");
  const absl::Status status = call.Allow(Need::kRead, request->instance_name());
  if (!status.ok()) return call.End(status);
  reapi::CacheCapabilities* cache = response->mutable_cache_capabilities();
  cache->add_digest_functions(reapi::DigestFunction::SHA256);
  cache->mutable_action_cache_update_capabilities()->set_update_enabled(true);
  cache->set_max_batch_total_size_bytes(CasService::kBatchBytes);
  cache->set_symlink_absolute_path_strategy(reapi::SymlinkAbsolutePathStrategy::ALLOWED);
  cache->add_supported_compressors(reapi::Compressor::ZSTD);
  cache->add_supported_batch_update_compressors(reapi::Compressor::ZSTD);
  cache->set_max_cas_blob_size_bytes(context_.storage->max_blob_bytes());
  SetVersion(0, response->mutable_deprecated_api_version());
  SetVersion(0, response->mutable_low_api_version());
  SetVersion(3, response->mutable_high_api_version());
  return call.End(absl::OkStatus());
}

}  // namespace cow::cache
