// Status macros: the two ways an absl::Status travels, and the check for our own bugs.
//
//   COW_RETURN_IF_ERROR(expr);                    returns the status if it is not OK
//   COW_ASSIGN_OR_RETURN(auto value, expr);       declares or assigns, or returns the status
//   COW_CHECK(condition) << ...                   not for user errors: a false condition is a bug in cow
#pragma once

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define COW_RETURN_IF_ERROR(expr)                              \
  do {                                                         \
    ::absl::Status cow_status_ = (expr);                       \
    if (!cow_status_.ok()) return cow_status_;                 \
  } while (false)

#define COW_STATUS_CONCAT_INNER_(a, b) a##b
#define COW_STATUS_CONCAT_(a, b) COW_STATUS_CONCAT_INNER_(a, b)
#define COW_ASSIGN_OR_RETURN(lhs, expr) \
  COW_ASSIGN_OR_RETURN_IMPL_(COW_STATUS_CONCAT_(cow_or_, __LINE__), lhs, expr)
#define COW_ASSIGN_OR_RETURN_IMPL_(var, lhs, expr) \
  auto var = (expr);                               \
  if (!var.ok()) return std::move(var).status();   \
  lhs = *std::move(var)

#define COW_CHECK(condition) \
  ((condition) ? (void)0 : ::cow::CheckFailed(#condition, __FILE__, __LINE__))

namespace cow {

// Prints "internal error" with the place and ends the process with exit code 37.
[[noreturn]] void CheckFailed(std::string_view condition, std::string_view file, int line);

// Prefixes the message with what was being done: "while loading //a: ...". Keeps code and payloads.
// A message that is already a rendered diagnostic is returned unchanged.
absl::Status Annotate(absl::Status status, std::string_view doing);

// kUnavailable/kResourceExhausted/kPermissionDenied/kNotFound/kInternal for an errno, with the context first.
absl::Status ErrnoStatus(int error_number, std::string_view context);

}  // namespace cow
