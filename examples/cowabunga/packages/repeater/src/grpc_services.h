// GrpcServices: the services of proto/repeater.proto. They translate between their messages and the Repeater.
#pragma once

#include <memory>

#include "packages/repeater/src/repeater.h"

namespace grpc {
class ServerBuilder;
}

namespace repeater {

class GrpcServices {
 public:
  // `repeater` outlives this.
  explicit GrpcServices(Repeater& repeater);
  GrpcServices(const GrpcServices&) = delete;
  GrpcServices& operator=(const GrpcServices&) = delete;
  ~GrpcServices();

  // This must outlive the server that is built.
  void Register(grpc::ServerBuilder& builder);

 private:
  struct Services;
  const std::unique_ptr<Services> services_;
};

}  // namespace repeater
