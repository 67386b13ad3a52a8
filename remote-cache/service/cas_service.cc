#include "remote-cache/service/cas_service.h"

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "remote-cache/service/action_results.h"
#include "remote-cache/storage/frames.h"

namespace cow::cache {
namespace {

using Compressor = reapi::Compressor;

constexpr int64_t kEntryBytes = 100;
constexpr int64_t kMaxDirectory = int64_t{3} << 20;  // it has to fit into a message

void SetStatus(const absl::Status& status, google::rpc::Status* wire) {
  wire->set_code(static_cast<int>(status.code()));
  wire->set_message(std::string(status.message()));
}

absl::Status StoreOne(BlobStorage& storage, const reapi::BatchUpdateBlobsRequest::Request& one, const Digest& digest) {
  if (one.compressor() == Compressor::IDENTITY) return storage.Put(digest, one.data());
  if (one.compressor() != Compressor::ZSTD) return absl::InvalidArgumentError("the only compression is zstd");
  std::string bytes;
  StreamDecompressor plain;
  COW_RETURN_IF_ERROR(plain.Add(one.data(), static_cast<size_t>(digest.size_bytes()), &bytes));
  if (!plain.complete()) return absl::InvalidArgumentError("the compressed bytes end in the middle");
  return storage.Put(digest, bytes);
}

}  // namespace

grpc::Status CasService::FindMissingBlobs(grpc::ServerContext* rpc, const reapi::FindMissingBlobsRequest* request,
                                          reapi::FindMissingBlobsResponse* response) {
  Call call(context_, *rpc, "FindMissingBlobs");
  const auto find = [&]() -> absl::Status {
    COW_RETURN_IF_ERROR(call.Allow(Need::kRead, request->instance_name()));
    COW_RETURN_IF_ERROR(CheckFunction(request->digest_function()));
    std::vector<Digest> digests;
    digests.reserve(static_cast<size_t>(request->blob_digests_size()));
    for (const reapi::Digest& wire : request->blob_digests()) {
      COW_ASSIGN_OR_RETURN(digests.emplace_back(), ParseDigest(wire));
    }
    COW_ASSIGN_OR_RETURN(const std::vector<Digest> missing, context_.storage->FindMissing(digests));
    for (const Digest& digest : missing) *response->add_missing_blob_digests() = ToWire(digest);
    context_.metrics->Add("cow_cache_find_missing_digests_total", static_cast<int64_t>(digests.size()));
    context_.metrics->Add("cow_cache_find_missing_missing_total", static_cast<int64_t>(missing.size()));
    return absl::OkStatus();
  };
  return call.End(find());
}

grpc::Status CasService::BatchUpdateBlobs(grpc::ServerContext* rpc, const reapi::BatchUpdateBlobsRequest* request,
                                          reapi::BatchUpdateBlobsResponse* response) {
  Call call(context_, *rpc, "BatchUpdateBlobs");
  int64_t bytes = 0;
  const auto update = [&]() -> absl::Status {
    COW_RETURN_IF_ERROR(call.Allow(Need::kWriteBlobs, request->instance_name()));
    COW_RETURN_IF_ERROR(CheckFunction(request->digest_function()));
    for (const auto& one : request->requests()) bytes += static_cast<int64_t>(one.data().size());
    if (bytes > 4 * kBatchBytes) return absl::InvalidArgumentError("a batch of too many bytes");
    for (const auto& one : request->requests()) {
      auto* answer = response->add_responses();
      *answer->mutable_digest() = one.digest();
      absl::StatusOr<Digest> digest = ParseDigest(one.digest());
      absl::Status status = digest.status();
      // What is compressed well may stand for far more than it is.
      if (digest.ok() && digest->size_bytes() > 4 * kBatchBytes) status = absl::InvalidArgumentError("too large for a batch");
      SetStatus(status.ok() ? StoreOne(*context_.storage, one, *digest) : status, answer->mutable_status());
    }
    return absl::OkStatus();
  };
  const absl::Status status = update();
  context_.metrics->Add("cow_cache_received_bytes_total", bytes);
  return call.End(status, bytes);
}

grpc::Status CasService::BatchReadBlobs(grpc::ServerContext* rpc, const reapi::BatchReadBlobsRequest* request,
                                        reapi::BatchReadBlobsResponse* response) {
  Call call(context_, *rpc, "BatchReadBlobs");
  int64_t bytes = 0;
  const auto read = [&]() -> absl::Status {
    COW_RETURN_IF_ERROR(call.Allow(Need::kRead, request->instance_name()));
    COW_RETURN_IF_ERROR(CheckFunction(request->digest_function()));
    int64_t wanted = 0;
    for (const reapi::Digest& wire : request->digests()) {
      COW_ASSIGN_OR_RETURN(const Digest digest, ParseDigest(wire));
      // Digest and status of each go with the bytes.
      if (digest.size_bytes() > kBatchBytes - wanted - kEntryBytes) return absl::InvalidArgumentError("a batch of too many bytes");
      wanted += digest.size_bytes() + kEntryBytes;
    }
    for (const reapi::Digest& wire : request->digests()) {
      auto* answer = response->add_responses();
      *answer->mutable_digest() = wire;
      absl::StatusOr<std::string> blob = context_.storage->ReadAll(*ParseDigest(wire));
      if (absl::IsDataLoss(blob.status())) blob = absl::NotFoundError("the blob was damaged and is gone");
      SetStatus(blob.status(), answer->mutable_status());
      if (!blob.ok()) continue;
      bytes += static_cast<int64_t>(blob->size());
      answer->set_data(*std::move(blob));
    }
    return absl::OkStatus();
  };
  const absl::Status status = read();
  context_.metrics->Add("cow_cache_sent_bytes_total", bytes);
  return call.End(status, bytes);
}

grpc::Status CasService::GetTree(grpc::ServerContext* rpc, const reapi::GetTreeRequest* request,
                                 grpc::ServerWriter<reapi::GetTreeResponse>* writer) {
  constexpr size_t kMost = 200'000;
  Call call(context_, *rpc, "GetTree");
  const auto walk = [&]() -> absl::Status {
    COW_RETURN_IF_ERROR(call.Allow(Need::kRead, request->instance_name()));
    COW_RETURN_IF_ERROR(CheckFunction(request->digest_function()));
    if (!request->page_token().empty()) return absl::InvalidArgumentError("the tree is sent in one stream, without tokens");
    COW_ASSIGN_OR_RETURN(const Digest root, ParseDigest(request->root_digest()));
    // Each directory once, however many others hold it.
    absl::flat_hash_set<Digest> seen{root};
    std::deque<Digest> queue{root};
    reapi::GetTreeResponse page;
    size_t size = 0;
    while (!queue.empty()) {
      if (queue.front().size_bytes() > kMaxDirectory) return absl::InvalidArgumentError("a directory of too many bytes");
      absl::StatusOr<std::string> bytes = context_.storage->ReadAll(queue.front());
      if (!bytes.ok()) return absl::NotFoundError(absl::StrCat("the directory ", queue.front().ToString(), " is not stored"));
      queue.pop_front();
      reapi::Directory* directory = page.add_directories();
      if (!directory->ParseFromString(*bytes)) return absl::InvalidArgumentError("a blob of the tree is no Directory");
      for (const reapi::DirectoryNode& child : directory->directories()) {
        COW_ASSIGN_OR_RETURN(const Digest digest, ParseDigest(child.digest()));
        if (seen.insert(digest).second) queue.push_back(digest);
      }
      if (seen.size() > kMost) return absl::InvalidArgumentError("a tree of too many directories");
      size += bytes->size() + 8;
      if (size < (2 << 20) && !queue.empty()) continue;
      if (!writer->Write(page)) return absl::CancelledError("the caller went away");
      page.clear_directories();
      size = 0;
    }
    return absl::OkStatus();
  };
  return call.End(walk());
}

}  // namespace cow::cache
