#include "engine/base/status.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/diagnostic.h"

namespace cow {

void CheckFailed(std::string_view condition, std::string_view file, int line) {
  std::fprintf(stderr, "internal error: '%.*s' is false at %.*s:%d; please report this\n",
               static_cast<int>(condition.size()), condition.data(), static_cast<int>(file.size()),
               file.data(), line);
  std::_Exit(37);
}

absl::Status Annotate(absl::Status status, std::string_view doing) {
  if (status.ok() || IsDiagnostic(status)) return status;
  absl::Status result(status.code(), absl::StrCat(doing, ": ", status.message()));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    result.SetPayload(url, payload);
  });
  return result;
}

static absl::StatusCode CodeOf(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return absl::StatusCode::kNotFound;
    case EEXIST:
      return absl::StatusCode::kAlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::StatusCode::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return absl::StatusCode::kResourceExhausted;
    default:
      return absl::StatusCode::kUnavailable;
  }
}

absl::Status ErrnoStatus(int error_number, std::string_view context) {
  return absl::Status(CodeOf(error_number), absl::StrCat(context, ": ", std::strerror(error_number)));
}

}  // namespace cow
