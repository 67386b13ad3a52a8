// The connection to a cache.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>

#include "engine/remote/remote_options.h"

namespace cow::remote {

// One connection of its own; nothing is sent yet. A certificate that cannot be read is no certificate: the server will say so.
std::shared_ptr<grpc::Channel> MakeChannel(const RemoteOptions& options);

}  // namespace cow::remote
