// GrpcServer: the services of proto/repeater.proto and grpc.health.v1.Health on a port.
#pragma once

#include <memory>
#include <string>

#include "packages/repeater/src/repeater.h"

namespace repeater {

class GrpcServer {
 public:
  // `repeater` outlives this.
  explicit GrpcServer(Repeater& repeater);
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;
  ~GrpcServer();

  // Answers requests, in threads of its own. False if the address cannot be had.
  bool Start(const std::string& host, int port);

  // What is being answered is given some seconds to finish.
  void Stop();

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace repeater
