#include "engine/driver/exit_status.h"

#include "absl/strings/str_cat.h"
#include "engine/base/command_line_error.h"
#include "engine/base/diagnostic.h"

namespace cow::driver {

std::string ErrorText(const absl::Status& status) {
  if (IsDiagnostic(status)) return std::string(status.message());
  std::string_view what = status.code() == absl::StatusCode::kInternal ? "internal error: " : "error: ";
  return absl::StrCat(what, status.message());
}

ExitCode ExitCodeFor(const absl::Status& status) {
  if (IsCommandLineError(status)) return ExitCode::kBadCommandLine;
  // Of an evaluation, not of the machine: it has a place.
  if (absl::IsResourceExhausted(status) && IsDiagnostic(status)) return ExitCode::kBuildFailed;
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return ExitCode::kOk;
    case absl::StatusCode::kCancelled:
      return ExitCode::kInterrupted;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kDataLoss:
      return ExitCode::kMachine;
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
      return ExitCode::kBug;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kUnauthenticated:
    default:
      return ExitCode::kBuildFailed;
  }
}

}  // namespace cow::driver
