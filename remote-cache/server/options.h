// Options: the command line of cow-cache.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "remote-cache/http/http_server.h"
#include "remote-cache/service/access.h"

namespace cow::cache {

struct Options {
  enum class Command { kServe, kCheck, kGc, kStats, kHelp, kVersion };
  Command command = Command::kServe;
  std::string directory{};
  std::string grpc{};  // HOST:PORT; "": not served
  std::string http{};
  int64_t max_bytes = int64_t{10} << 30;
  bool bounded = false;  // --max_size was given
  int64_t hard_max_bytes = 0;
  absl::Duration min_retention = absl::Hours(3);
  absl::Duration drain = absl::ZeroDuration();
  std::string access_file{};
  std::optional<Role> anonymous{};
  std::optional<TlsFiles> tls{};
  std::string access_log{};  // "-": standard output
  std::string port_file{};
  bool reflection = false;

  // Of whoever shows nothing.
  Role anonymous_role() const;
};

// kInvalidArgument, saying what is wrong and what might be meant.
absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& arguments);
std::string HelpText();
// "10G", "512M", "1048576".
absl::StatusOr<int64_t> ParseSize(std::string_view text);

}  // namespace cow::cache
