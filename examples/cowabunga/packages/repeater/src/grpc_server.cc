#include "packages/repeater/src/grpc_server.h"

#include <grpcpp/grpcpp.h>

#include <chrono>

#include "packages/repeater/src/grpc_services.h"
#include "packages/repeater/src/limits.h"

namespace repeater {
namespace {

constexpr std::chrono::seconds kFarewell{5};

// "[::1]:50051"
std::string Address(const std::string& host, int port) {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace

struct GrpcServer::State {
  explicit State(Repeater& repeater) : services(repeater) {}

  GrpcServices services;
  std::unique_ptr<grpc::Server> server{};
};

GrpcServer::GrpcServer(Repeater& repeater) : state_(std::make_unique<State>(repeater)) {}

GrpcServer::~GrpcServer() { Stop(); }

bool GrpcServer::Start(const std::string& host, int port) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  // The library's default would let two servers share a port by accident.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(static_cast<int>(kMaxRequest));
  int bound = 0;
  builder.AddListeningPort(Address(host, port), grpc::InsecureServerCredentials(), &bound);
  state_->services.Register(builder);
  state_->server = builder.BuildAndStart();
  return state_->server != nullptr && bound == port;
}

void GrpcServer::Stop() {
  if (state_->server == nullptr) return;
  state_->server->Shutdown(std::chrono::system_clock::now() + kFarewell);
  state_->server->Wait();
  state_->server = nullptr;
}

}  // namespace repeater
