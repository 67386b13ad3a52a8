#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>

// A server without methods, and a client that reaches it.
int main() {
  const char* directory = std::getenv("TEST_TMPDIR");
  const std::string address = std::string("unix:") + (directory == nullptr ? "/tmp" : directory) + "/socket";
  grpc::AsyncGenericService service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  builder.RegisterAsyncGenericService(&service);
  std::unique_ptr<grpc::ServerCompletionQueue> queue = builder.AddCompletionQueue();
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  const auto now = std::chrono::system_clock::now();
  void* tag;
  bool good;
  // The server accepts connections while somebody looks at its queue.
  grpc_connectivity_state state = channel->GetState(true);
  for (int tries = 0; tries < 300 && state != GRPC_CHANNEL_READY; ++tries) {
    queue->AsyncNext(&tag, &good, std::chrono::system_clock::now() + std::chrono::milliseconds(100));
    state = channel->GetState(true);
  }
  server->Shutdown(now);
  queue->Shutdown();
  while (queue->Next(&tag, &good)) {
  }
  return state == GRPC_CHANNEL_READY ? 0 : 1;
}
