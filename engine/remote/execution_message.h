// What cow asks cow-remote when it wants an action executed, and what that answers: the records of frames.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/digest.h"

namespace cow::remote {

struct ExecutionRequest {
  Digest action{};
  std::vector<std::pair<std::string, std::string>> outputs{};  // path of the action, path of this machine
  std::string scratch{};   // files whose names begin so may be made
  bool fresh = false;      // no result of an earlier run will do
  bool lookup_only = false;  // only such a result will do: kNotFound
  std::string mnemonic{};
  std::string label{};

  friend bool operator==(const ExecutionRequest&, const ExecutionRequest&) = default;
};

struct ExecutionReply {
  absl::StatusCode code = absl::StatusCode::kOk;
  std::string message{};
  bool missing = false;    // the server lacks blobs, and says so
  bool cached = false;
  int exit_code = 0;
  std::string out{};
  std::string err{};

  friend bool operator==(const ExecutionReply&, const ExecutionReply&) = default;
};

std::string EncodeRequest(const ExecutionRequest& request);
absl::StatusOr<ExecutionRequest> DecodeRequest(std::string_view bytes);
std::string EncodeReply(const ExecutionReply& reply);
absl::StatusOr<ExecutionReply> DecodeReply(std::string_view bytes);

}  // namespace cow::remote
