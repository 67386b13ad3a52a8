// Call: what all RPCs have in common: who calls, whether they may, and what is counted and logged at the end.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "remote-cache/service/access.h"
#include "remote-cache/service/metrics.h"
#include "remote-cache/storage/blob_storage.h"

namespace cow::cache {

// What the services share. All members outlive them.
struct ServiceContext {
  BlobStorage* storage = nullptr;
  Access* access = nullptr;
  Metrics* metrics = nullptr;
  std::function<void(std::string_view line)> log{};  // unset: no access log
};

enum class Need {
  kRead,
  kWriteBlobs,
  kWriteResults,
};

// kUnauthenticated or kPermissionDenied, naming the role that is missing.
absl::Status Allow(const Identity& identity, Need need, std::string_view instance);

// On the stack of one RPC.
class Call {
 public:
  Call(const ServiceContext& context, const grpc::ServerContext& rpc, std::string_view method);
  // Call it before anything is done.
  absl::Status Allow(Need need, std::string_view instance);
  const std::string& caller() const { return identity_.name; }
  // Counts and logs; give its result back to gRPC.
  grpc::Status End(const absl::Status& status, int64_t bytes = 0);

 private:
  const ServiceContext& context_;
  const grpc::ServerContext& rpc_;
  const std::string method_;
  const absl::Time began_;
  std::string instance_;
  Identity identity_;
};

}  // namespace cow::cache
