// RemoteOptions: which cache, and how it is used. Regular values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace cow::remote {

struct RemoteOptions {
  std::string cache{};                  // "grpc://HOST:PORT", "grpcs://HOST:PORT", "unix:PATH"; "" = none
  std::string executor{};               // who runs actions, with the blobs of `cache`; "" = nobody
  std::string instance{};
  std::vector<std::pair<std::string, std::string>> headers{};  // sent with every call; names in lower case
  std::vector<std::pair<std::string, std::string>> cache_headers{};  // to the cache only
  std::vector<std::pair<std::string, std::string>> exec_headers{};   // to the executor only
  int timeout_seconds = 60;             // how long a call may be silent
  int retries = 5;
  bool accept_cached = true;            // look results up
  bool upload_local_results = false;    // send what is run here
  bool compression = true;              // zstd, if the server can
  int max_connections = 32;             // questions at once
  std::string tls_certificate{};        // file with the authorities to trust; "" = those of the machine
  std::string tls_client_certificate{};
  std::string tls_client_key{};
  int exit_wait_seconds = 60;           // for uploads, when the build is done
  bool uploads_wait = false;            // who offers more than can be sent waits; else some of it is dropped
  int executions = 0;                   // actions that the executor runs for this build at once

  friend bool operator==(const RemoteOptions&, const RemoteOptions&) = default;
};

// kInvalidArgument says what is wrong with what --remote_cache was given.
absl::Status CheckCacheAddress(std::string_view address);
// The same of --remote_executor.
absl::Status CheckExecutorAddress(std::string_view address);

// "NAME=VALUE" as a header. kInvalidArgument if it cannot be one.
absl::StatusOr<std::pair<std::string, std::string>> ParseHeader(std::string_view text);

std::string EncodeOptions(const RemoteOptions& options);
absl::StatusOr<RemoteOptions> DecodeOptions(std::string_view bytes);

}  // namespace cow::remote
