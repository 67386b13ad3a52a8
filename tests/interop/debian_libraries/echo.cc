#include <grpcpp/grpcpp.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "echo.grpc.pb.h"
#include "echo.pb.h"

namespace {

class Service final : public echo::Echo::Service {
  grpc::Status Say(grpc::ServerContext*, const echo::Said* request, echo::Said* reply) override {
    *reply = *request;
    return grpc::Status::OK;
  }
};

}  // namespace

int main() {
  const char* directory = std::getenv("TEST_TMPDIR");
  const std::string address = std::string("unix:") + (directory == nullptr ? "/tmp" : directory) + "/echo";
  Service service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;

  auto stub = echo::Echo::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  echo::Said request, reply;
  request.set_text("moo");
  request.mutable_time()->set_seconds(42);
  const grpc::Status status = stub->Say(&context, request, &reply);
  server->Shutdown();
  return status.ok() && reply.text() == "moo" && reply.time().seconds() == 42 ? 0 : 1;
}
