// The remote cache of a build: its flags, and the client for it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/driver/build_request.h"
#include "engine/driver/session.h"
#include "engine/execution/execute.h"
#include "engine/model/build_event.h"
#include "engine/remote/remote_client.h"

namespace cow::driver {

// --remote_cache; "" is none. kInvalidArgument says what is wrong.
absl::Status SetRemoteCache(const std::string& address, BuildRequest* request);
using RemoteHeaders = decltype(remote::RemoteOptions::headers);
// NAME=VALUE, as `flag` was given.
absl::Status AddRemoteHeader(std::string_view flag, std::string_view text, RemoteHeaders* headers);

// Whose bytes come here. Without a remote cache those of requested targets: what is not here is made here.
execution::RemoteOutputs RemoteOutputsOf(const BuildRequest& request);

// Null if the request names none. After the store's BeginSession; both outlive the client. `events` hears of trouble, from any
// thread. kFailedPrecondition: this cow has no cow-remote.
absl::StatusOr<std::unique_ptr<remote::RemoteClient>> OpenRemoteCache(const BuildRequest& request, const Session& session,
                                                                      EventSink& events);

}  // namespace cow::driver
