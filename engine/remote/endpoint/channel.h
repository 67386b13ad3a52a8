// The connections to a cache and to an executor.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>

#include "engine/remote/remote_options.h"

namespace cow::remote {

// One connection of its own; nothing is sent yet. A certificate that cannot be read is no certificate: the server will say so.
std::shared_ptr<grpc::Channel> MakeChannel(const RemoteOptions& options);

// To the executor; it is asked for a sign of life even while calls wait for it.
std::shared_ptr<grpc::Channel> MakeExecutorChannel(RemoteOptions options);

}  // namespace cow::remote
