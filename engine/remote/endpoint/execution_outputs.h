// What an executed action left on the server, and how it comes to this machine.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "engine/remote/endpoint/blob_reader.h"
#include "engine/remote/execution_message.h"
#include "wire/reapi.pb.h"

namespace cow::remote {

// Fills `reply` with what the action printed, and lays its outputs where `request` wants them. kUnavailable: some of it is not on
// the server, or does not come. kInvalidArgument: the result is malformed, or would write elsewhere.
// After an error nothing is left of it.
absl::Status FetchOutputs(const ExecutionRequest& request, const reapi::ActionResult& result, BlobReader* reader,
                          ExecutionReply* reply);

}  // namespace cow::remote
