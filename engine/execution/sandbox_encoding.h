// Turns a SandboxRequest into the bytes that the sandbox helper reads (engine/sandbox/protocol.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/execution/sandbox_request.h"

namespace cow::execution {

// The host directories that the helper sees. Constant after construction; any thread.
class SandboxRoots {
 public:
  // `directories` are absolute and exist; symlinks in them are resolved once, here.
  static absl::StatusOr<SandboxRoots> Create(const std::vector<std::string>& directories);

  const std::vector<std::string>& resolved() const { return resolved_; }

  // Where the helper finds `host_path`; kInvalidArgument if it is below no root.
  absl::StatusOr<std::string> ToHelperPath(std::string_view host_path) const;

 private:
  std::vector<std::string> given_;
  std::vector<std::string> resolved_;
};

// `flags` are sandbox::RequestFlag bits. Inputs are put in order, each is given its time, and files
// are divided into those to copy and those to mount. kInvalidArgument if two inputs or writable
// directories cannot both be there, or if a path is not plain.
absl::StatusOr<std::string> EncodeSandboxRequest(const SandboxRequest& request, uint32_t flags,
                                                 const SandboxRoots& roots);

// SandboxResult::asked from what lies behind the request in its file, after the helper's Result.
std::vector<std::string> DecodeAsked(std::string_view log);

// SandboxResult::read from the last 1 + inputs bytes of the request file, after the helper's Result.
std::vector<bool> DecodeReads(const SandboxRequest& request, std::string_view reads);

}  // namespace cow::execution
