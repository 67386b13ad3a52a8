// Server: everything that listens, from start to drained end.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <fstream>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "remote-cache/http/cache_handler.h"
#include "remote-cache/http/http_server.h"
#include "remote-cache/server/options.h"
#include "remote-cache/service/action_cache_service.h"
#include "remote-cache/service/byte_stream_service.h"
#include "remote-cache/service/cas_service.h"

namespace cow::cache {

class Server {
 public:
  // Serves when this returns.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Options& options);
  ~Server();

  // From now on /readyz and the health service say no.
  void Drain();
  // Lets calls end, at most for so long.
  void Stop(absl::Duration grace);
  absl::Status ReloadAccess();

  int grpc_port() const { return grpc_port_; }
  int http_port() const { return http_ == nullptr ? 0 : http_->port(); }
  const std::vector<std::string>& warnings() const { return storage_->warnings(); }

 private:
  Server(const Options& options, std::unique_ptr<BlobStorage> storage);
  absl::Status OpenLog();
  absl::Status StartGrpc();
  absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> Credentials() const;
  absl::Status Ready();
  ServiceContext Context();

  const Options options_;
  const std::unique_ptr<BlobStorage> storage_;
  Access access_;
  Metrics metrics_;
  ActionResults results_;
  absl::Mutex log_mutex_;
  std::ofstream log_file_;
  std::atomic<bool> draining_{false};
  std::unique_ptr<CasService> cas_;
  std::unique_ptr<ByteStreamService> byte_stream_;
  std::unique_ptr<ActionCacheService> action_cache_;
  std::unique_ptr<CapabilitiesService> capabilities_;
  std::unique_ptr<grpc::Server> grpc_;
  int grpc_port_ = 0;
  std::unique_ptr<CacheHandler> handler_;
  std::unique_ptr<HttpServer> http_;
};

}  // namespace cow::cache
