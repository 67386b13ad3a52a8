// The first action of every client: it tries what the sandbox must not allow
// (engine/sandbox/canary.cc).
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/posix_file.h"
#include "engine/execution/sandbox_request.h"

namespace cow::execution {

class SandboxCanary {
 public:
  // Makes a directory in `scratch_directory`, which lasts as long as the canary.
  static absl::StatusOr<SandboxCanary> Create(const std::string& scratch_directory);
  SandboxCanary(SandboxCanary&& other) noexcept;
  SandboxCanary& operator=(SandboxCanary&&) = delete;
  ~SandboxCanary();

  // To be run with sandbox::kCanary, and kWithProc for tier S3.
  SandboxRequest Request(const std::string& tier) const;

  // kFailedPrecondition, naming the promise that did not hold, unless all did.
  absl::Status Judge(const SandboxResult& result) const;

 private:
  SandboxCanary(std::string directory, UniqueFd output)
      : directory_(std::move(directory)), output_(std::move(output)) {}

  std::string directory_;
  UniqueFd output_;
};

}  // namespace cow::execution
