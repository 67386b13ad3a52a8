#include "remote-cache/server/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>

#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"

namespace cow::cache {
namespace {

constexpr int kThreads = 64;  // that may wait for slow peers or the disk at a time, of each kind
constexpr int kMaxMessage = 17 << 20;

}  // namespace

Server::Server(const Options& options, std::unique_ptr<BlobStorage> storage)
    : options_(options), storage_(std::move(storage)), access_(options.anonymous_role()), results_(storage_.get()) {}

Server::~Server() { Stop(absl::ZeroDuration()); }

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Options& options) {
  StorageOptions storage_options;
  storage_options.directory = options.directory;
  storage_options.max_bytes = options.max_bytes;
  storage_options.hard_max_bytes = options.hard_max_bytes;
  storage_options.min_retention = options.min_retention;
  COW_ASSIGN_OR_RETURN(std::unique_ptr<BlobStorage> storage, BlobStorage::Open(std::move(storage_options)));
  std::unique_ptr<Server> server(new Server(options, std::move(storage)));
  COW_RETURN_IF_ERROR(server->ReloadAccess());
  COW_RETURN_IF_ERROR(server->OpenLog());
  if (!options.grpc.empty()) COW_RETURN_IF_ERROR(server->StartGrpc());
  if (options.http.empty()) return server;
  server->handler_ = std::make_unique<CacheHandler>(server->Context(), &server->results_,
                                                    [raw = server.get()] { return raw->Ready(); });
  COW_ASSIGN_OR_RETURN(server->http_, HttpServer::Start(options.http, options.tls, kThreads,
                                                        [handler = server->handler_.get()](
                                                            HttpConnection& connection, const HttpRequest& request) {
                                                          return handler->Handle(connection, request);
                                                        }));
  return server;
}

absl::Status Server::ReloadAccess() {
  if (options_.access_file.empty()) return absl::OkStatus();
  COW_ASSIGN_OR_RETURN(const std::string text, ReadFile(options_.access_file));
  return access_.Load(text, options_.access_file);
}

absl::Status Server::OpenLog() {
  if (options_.access_log.empty() || options_.access_log == "-") return absl::OkStatus();
  log_file_.open(options_.access_log, std::ios::app);
  if (log_file_) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("cannot write the access log '", options_.access_log, "'"));
}

ServiceContext Server::Context() {
  ServiceContext context{storage_.get(), &access_, &metrics_, nullptr};
  if (!options_.access_log.empty()) {
    context.log = [this](std::string_view line) {
      absl::MutexLock lock(&log_mutex_);
      std::ostream& out = log_file_.is_open() ? static_cast<std::ostream&>(log_file_) : std::cout;
      out << line << '\n' << std::flush;
    };
  }
  return context;
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> Server::Credentials() const {
  if (!options_.tls) return grpc::InsecureServerCredentials();
  COW_ASSIGN_OR_RETURN(const std::string key, ReadFile(options_.tls->key));
  COW_ASSIGN_OR_RETURN(const std::string certificate, ReadFile(options_.tls->certificate));
  grpc::SslServerCredentialsOptions ssl(GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  if (!options_.tls->client_authority.empty()) {
    COW_ASSIGN_OR_RETURN(const std::string authority, ReadFile(options_.tls->client_authority));
    ssl.pem_root_certs = authority;
    ssl.client_certificate_request = GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
  }
  ssl.pem_key_cert_pairs.push_back({key, certificate});
  return grpc::SslServerCredentials(ssl);
}

absl::Status Server::StartGrpc() {
  cas_ = std::make_unique<CasService>(Context());
  byte_stream_ = std::make_unique<ByteStreamService>(Context());
  action_cache_ = std::make_unique<ActionCacheService>(Context(), &results_);
  capabilities_ = std::make_unique<CapabilitiesService>(Context());
  COW_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ServerCredentials> credentials, Credentials());
  grpc::EnableDefaultHealthCheckService(true);
  if (options_.reflection) grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(options_.grpc, credentials, &grpc_port_);
  builder.RegisterService(cas_.get());
  builder.RegisterService(byte_stream_.get());
  builder.RegisterService(action_cache_.get());
  builder.RegisterService(capabilities_.get());
  builder.SetMaxReceiveMessageSize(kMaxMessage);
  builder.SetMaxSendMessageSize(kMaxMessage);
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 2);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 8);
  grpc::ResourceQuota quota("cow-cache");
  quota.SetMaxThreads(kThreads * 4);
  quota.Resize(size_t{512} << 20);
  builder.SetResourceQuota(quota);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 200);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 32 << 10);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  grpc_ = builder.BuildAndStart();
  if (grpc_ == nullptr || grpc_port_ == 0) return absl::UnavailableError(absl::StrCat("cannot listen on ", options_.grpc));
  return absl::OkStatus();
}

absl::Status Server::Ready() {
  if (draining_) return absl::UnavailableError("it is ending");
  return storage_->CheckWritable();
}

void Server::Drain() {
  draining_ = true;
  if (grpc_ != nullptr && grpc_->GetHealthCheckService() != nullptr) grpc_->GetHealthCheckService()->SetServingStatus(false);
}

void Server::Stop(absl::Duration grace) {
  Drain();
  if (grpc_ != nullptr) grpc_->Shutdown(absl::ToChronoTime(absl::Now() + grace));
  http_.reset();
  grpc_.reset();
}

}  // namespace cow::cache
