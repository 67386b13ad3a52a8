#include "engine/execution/sandbox_canary.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace cow::execution {
namespace {

constexpr char kInputBytes[] = "moo";

}  // namespace

absl::StatusOr<SandboxCanary> SandboxCanary::Create(const std::string& scratch_directory) {
  UniqueFd output(memfd_create("cow-canary", MFD_CLOEXEC));
  if (!output.valid()) return ErrnoStatus(errno, "cannot try the sandbox");
  COW_ASSIGN_OR_RETURN(std::string directory,
                       MakeTempDirectory(absl::StrCat(scratch_directory, "/canary-")));
  SandboxCanary canary(std::move(directory), std::move(output));
  COW_RETURN_IF_ERROR(MakeDirectories(absl::StrCat(canary.directory_, "/first")));
  COW_RETURN_IF_ERROR(MakeDirectories(absl::StrCat(canary.directory_, "/second")));
  COW_RETURN_IF_ERROR(WriteFile(absl::StrCat(canary.directory_, "/input"), kInputBytes));
  return canary;
}

SandboxCanary::SandboxCanary(SandboxCanary&& other) noexcept
    : directory_(std::exchange(other.directory_, "")), output_(std::move(other.output_)) {}

SandboxCanary::~SandboxCanary() {
  // What cannot be removed is swept with the cache's other leftovers.
  if (!directory_.empty()) RemoveTree(directory_).IgnoreError();
}

SandboxRequest SandboxCanary::Request(const std::string& tier) const {
  SandboxRequest request;
  request.argv = {"/cow-sandbox", "--canary", tier, "out", "out/input"};
  request.inputs.push_back({.kind = SandboxInput::Kind::kFile,
                            .path = "out/input",
                            .source = absl::StrCat(directory_, "/input"),
                            .digest = Digest::Of(kInputBytes)});
  // A refused first try may have left something in its directory.
  const char* const place = tier == "S3p" ? "/second" : "/first";
  request.writable.push_back({.path = "out", .source = absl::StrCat(directory_, place)});
  request.stdout_fd = output_.get();
  request.stderr_fd = output_.get();
  request.timeout = absl::Seconds(60);
  return request;
}

absl::Status SandboxCanary::Judge(const SandboxResult& result) const {
  if (result.exit_code == 0) return absl::OkStatus();
  char said[512] = "";
  const ssize_t length = pread(output_.get(), said, sizeof said, 0);
  const std::string_view text(said, length > 0 ? static_cast<size_t>(length) : 0);
  return absl::FailedPreconditionError(absl::StrCat(
      "no sandbox: the trial action ended with exit code ", result.exit_code, ", signal ",
      result.signal, "; this does not hold: ", absl::StripAsciiWhitespace(text)));
}

}  // namespace cow::execution
