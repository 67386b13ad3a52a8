// A cache server in this process whose answers the test decides.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "engine/remote/endpoint/result_message.h"
#include "wire/bytestream.grpc.pb.h"
#include "wire/reapi.grpc.pb.h"

namespace cow::remote {

class ScriptedCache final : public reapi::ContentAddressableStorage::Service, public reapi::ActionCache::Service,
                            public reapi::Capabilities::Service, public google::bytestream::ByteStream::Service {
 public:
  ScriptedCache() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(static_cast<reapi::ContentAddressableStorage::Service*>(this));
    builder.RegisterService(static_cast<reapi::ActionCache::Service*>(this));
    builder.RegisterService(static_cast<reapi::Capabilities::Service*>(this));
    builder.RegisterService(static_cast<google::bytestream::ByteStream::Service*>(this));
    builder.SetMaxReceiveMessageSize(16 << 20);
    server_ = builder.BuildAndStart();
  }
  ~ScriptedCache() override {
    silent = hangs = false;
    server_->Shutdown(std::chrono::system_clock::now());
  }

  std::string address() const { return absl::StrCat("grpc://127.0.0.1:", port_); }

  // What it does wrong.
  std::atomic<bool> silent{false};           // no call but those that begin later with this unset returns
  std::atomic<bool> hangs{false};            // lookups do not return, everything else does
  std::atomic<bool> forgets{false};          // answers for all blobs of a batch but the last, which it does not take
  std::atomic<bool> slow{false};             // results take two seconds; signs of life come at once
  std::atomic<bool> refuses_results{false};
  std::atomic<int> busy_for{0};              // so many calls fail with UNAVAILABLE
  std::atomic<int> cut_after{0};             // streams end after so many bytes, each time
  std::atomic<bool> corrupts{false};         // the first byte of blobs is another one
  std::atomic<int64_t> batch_limit{0};
  // What it saw.
  std::atomic<int> lookups{0};
  std::atomic<int> capability_calls{0};
  std::atomic<int64_t> largest_batch{0};
  std::atomic<int> batches{0};
  std::atomic<int> streams{0};

  void Put(const std::string& bytes) {
    absl::MutexLock lock(&mutex_);
    blobs_[Digest::Of(bytes).hex()] = bytes;
  }
  bool Has(const std::string& bytes) {
    absl::MutexLock lock(&mutex_);
    return blobs_.contains(Digest::Of(bytes).hex());
  }
  void PutResult(const Digest& key, const reapi::ActionResult& result) {
    absl::MutexLock lock(&mutex_);
    results_[key.hex()] = result;
  }
  bool HasResult(const Digest& key) {
    absl::MutexLock lock(&mutex_);
    return results_.contains(key.hex());
  }

  grpc::Status GetCapabilities(grpc::ServerContext* context, const reapi::GetCapabilitiesRequest*,
                               reapi::ServerCapabilities* response) override {
    ++capability_calls;
    if (!Wait(context)) return grpc::Status::CANCELLED;
    response->mutable_cache_capabilities()->add_digest_functions(reapi::DigestFunction::SHA256);
    response->mutable_cache_capabilities()->set_max_batch_total_size_bytes(batch_limit);
    return grpc::Status::OK;
  }
  grpc::Status GetActionResult(grpc::ServerContext* context, const reapi::GetActionResultRequest* request,
                               reapi::ActionResult* response) override {
    ++lookups;
    if (grpc::Status status = Begin(context); !status.ok()) return status;
    while (hangs && !context->IsCancelled()) absl::SleepFor(absl::Milliseconds(10));
    if (slow) absl::SleepFor(absl::Seconds(2));
    absl::MutexLock lock(&mutex_);
    auto found = results_.find(request->action_digest().hash());
    if (found == results_.end()) return grpc::Status(grpc::StatusCode::NOT_FOUND, "none");
    *response = found->second;
    return grpc::Status::OK;
  }
  grpc::Status UpdateActionResult(grpc::ServerContext* context, const reapi::UpdateActionResultRequest* request,
                                  reapi::ActionResult*) override {
    if (grpc::Status status = Begin(context); !status.ok()) return status;
    if (refuses_results) return grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "a reader writes nothing");
    absl::MutexLock lock(&mutex_);
    results_[request->action_digest().hash()] = request->action_result();
    return grpc::Status::OK;
  }
  grpc::Status FindMissingBlobs(grpc::ServerContext* context, const reapi::FindMissingBlobsRequest* request,
                                reapi::FindMissingBlobsResponse* response) override {
    if (grpc::Status status = Begin(context); !status.ok()) return status;
    absl::MutexLock lock(&mutex_);
    for (const reapi::Digest& digest : request->blob_digests()) {
      if (!blobs_.contains(digest.hash())) *response->add_missing_blob_digests() = digest;
    }
    return grpc::Status::OK;
  }
  grpc::Status BatchUpdateBlobs(grpc::ServerContext* context, const reapi::BatchUpdateBlobsRequest* request,
                                reapi::BatchUpdateBlobsResponse* response) override {
    if (grpc::Status status = Begin(context); !status.ok()) return status;
    SeeBatch(static_cast<int64_t>(request->ByteSizeLong()));
    for (int i = 0; i < request->requests_size() - (forgets ? 1 : 0); ++i) {
      Put(request->requests(i).data());
      *response->add_responses()->mutable_digest() = request->requests(i).digest();
    }
    return grpc::Status::OK;
  }
  grpc::Status BatchReadBlobs(grpc::ServerContext* context, const reapi::BatchReadBlobsRequest* request,
                              reapi::BatchReadBlobsResponse* response) override {
    if (grpc::Status status = Begin(context); !status.ok()) return status;
    for (const reapi::Digest& digest : request->digests()) {
      auto& one = *response->add_responses();
      *one.mutable_digest() = digest;
      *one.mutable_data() = BytesOf(digest.hash());
    }
    SeeBatch(static_cast<int64_t>(response->ByteSizeLong()));
    return grpc::Status::OK;
  }
  grpc::Status Read(grpc::ServerContext* context, const google::bytestream::ReadRequest* request,
                    grpc::ServerWriter<google::bytestream::ReadResponse>* writer) override {
    ++streams;
    if (grpc::Status status = Begin(context); !status.ok()) return status;
    const std::vector<std::string> parts = absl::StrSplit(request->resource_name(), '/');
    const std::string all = BytesOf(parts[parts.size() - 2]);
    std::string bytes = all.substr(static_cast<size_t>(request->read_offset()));
    const bool cut = cut_after > 0 && static_cast<size_t>(cut_after) < bytes.size();
    if (cut) bytes.resize(static_cast<size_t>(cut_after));
    google::bytestream::ReadResponse response;
    for (size_t at = 0; at < bytes.size(); at += 65536) {
      response.set_data(bytes.substr(at, 65536));
      if (!writer->Write(response)) break;
    }
    return cut ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "the connection is cut") : grpc::Status::OK;
  }
  grpc::Status Write(grpc::ServerContext* context, grpc::ServerReader<google::bytestream::WriteRequest>* reader,
                     google::bytestream::WriteResponse* response) override {
    ++streams;
    if (grpc::Status status = Begin(context); !status.ok()) return status;
    google::bytestream::WriteRequest request;
    std::string bytes;
    while (reader->Read(&request)) bytes += request.data();
    Put(bytes);
    response->set_committed_size(static_cast<int64_t>(bytes.size()));
    return grpc::Status::OK;
  }

 private:
  bool Wait(grpc::ServerContext* context) {
    while (silent && !context->IsCancelled()) absl::SleepFor(absl::Milliseconds(10));
    return !context->IsCancelled();
  }
  grpc::Status Begin(grpc::ServerContext* context) {
    if (!Wait(context)) return grpc::Status::CANCELLED;
    if (busy_for > 0 && busy_for-- > 0) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "busy");
    return grpc::Status::OK;
  }
  void SeeBatch(int64_t size) {
    ++batches;
    if (size > largest_batch) largest_batch = size;
  }
  std::string BytesOf(const std::string& hash) {
    absl::MutexLock lock(&mutex_);
    std::string bytes = blobs_[hash];
    if (corrupts && !bytes.empty()) bytes[0] = static_cast<char>(bytes[0] ^ 1);
    return bytes;
  }

  int port_ = 0;
  absl::Mutex mutex_;
  std::map<std::string, std::string> blobs_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, reapi::ActionResult> results_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace cow::remote
