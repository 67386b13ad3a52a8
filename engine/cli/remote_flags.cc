#include "engine/cli/remote_flags.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/base/status.h"
#include "engine/driver/remote_cache.h"
#include "engine/driver/remote_execution.h"

namespace cow::cli {
namespace {

using RemoteRequest = decltype(driver::BuildRequest::remote);
using Apply = std::function<absl::Status(const std::string&, Options&)>;

constexpr char kExecuting[] = "build test run";
constexpr char kSending[] = "build test run push";

Apply Bool(bool RemoteRequest::*member) {
  return [member](const std::string& value, Options& options) {
    options.request.remote.*member = value != "no";
    return absl::OkStatus();
  };
}

Apply Text(std::string RemoteRequest::*member) {
  return [member](const std::string& value, Options& options) {
    options.request.remote.*member = value;
    return absl::OkStatus();
  };
}

// "60" and, as Bazel takes it, "60s".
Apply Number(std::string_view name, int least, int most, int RemoteRequest::*member) {
  return [name, least, most, member](const std::string& value, Options& options) {
    int number = 0;
    if (!absl::SimpleAtoi(absl::StripSuffix(value, "s"), &number) || number < least || number > most) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", name, " wants a number from ", least, " to ", most, ", got '", value, "'"));
    }
    options.request.remote.*member = number;
    return absl::OkStatus();
  };
}

Apply Header(std::string_view flag, driver::RemoteHeaders RemoteRequest::*member) {
  return [flag, member](const std::string& value, Options& options) {
    return driver::AddRemoteHeader(flag, value, &(options.request.remote.*member));
  };
}

using Take = absl::Status (*)(std::string_view, driver::BuildRequest*);

Apply Given(Take take) {
  return [take](const std::string& value, Options& options) { return take(value, &options.request); };
}

}  // namespace

std::vector<Flag> RemoteFlags() {
  return {
      {"remote_cache", 0, "ADDRESS", {}, "A cache that machines share: grpc://HOST:PORT, or with TLS grpcs://HOST:PORT.", kSending,
       [](const std::string& value, Options& options) { return driver::SetRemoteCache(value, &options.request); }},
      {"remote_instance_name", 0, "NAME", {}, "Which of the caches at that address.", kSending, Text(&RemoteRequest::instance)},
      {"remote_accept_cached", 0, "", {}, "Takes results from the remote cache (default).", kExecuting,
       Bool(&RemoteRequest::accept_cached)},
      {"remote_upload_local_results", 0, "", {}, "Sends the results of what is run here to the remote cache. Default: no.", kExecuting,
       Bool(&RemoteRequest::upload_local_results)},
      {"remote_download_outputs", 0, "WHICH", {"all", "toplevel", "minimal"},
       "Of what is found in the remote cache, which outputs are downloaded at once: all, toplevel (those of requested targets), minimal "
       "(none). Others come when an action reads them. Default: toplevel.",
       kExecuting,
       [](const std::string& value, Options& options) {
         options.request.remote_download_outputs = value;
         return absl::OkStatus();
       }},
      {"remote_cache_compression", 0, "", {}, "Sends and takes blobs as zstd if the server can (default).", kSending,
       Bool(&RemoteRequest::compression)},
      {"remote_header", 0, "NAME=VALUE", {}, "A header for every call, as authorization=Bearer TOKEN. May be repeated.", kSending,
       Header("--remote_header", &RemoteRequest::headers)},
      {"remote_cache_header", 0, "NAME=VALUE", {}, "The same, for calls to the cache.", kSending,
       Header("--remote_cache_header", &RemoteRequest::cache_headers)},
      {"remote_exec_header", 0, "NAME=VALUE", {}, "The same, for calls to the executor.", kExecuting,
       Header("--remote_exec_header", &RemoteRequest::exec_headers)},
      {"remote_executor", 0, "ADDRESS", {}, "A cluster that runs actions: grpc://HOST:PORT or grpcs://HOST:PORT. Also the remote cache, unless that is given.",
       kExecuting, [](const std::string& value, Options& options) { return driver::SetRemoteExecutor(value, &options.request); }},
      {"remote_default_exec_properties", 0, "NAME=VALUE", {}, "What actions want of a worker that say nothing themselves. May be repeated.", kExecuting,
       Given(driver::AddDefaultExecProperty)},
      {"remote_local_fallback", 0, "", {}, "What the executor cannot run is run on this machine (default).", kExecuting,
       [](const std::string& value, Options& options) {
         options.request.local_fallback = value != "no";
         return absl::OkStatus();
       }},
      {"spawn_strategy", 0, "STRATEGIES", {}, "Where actions run, the first that can: remote, sandboxed. Default: remote,sandboxed with --remote_executor.",
       kExecuting, Given(driver::SetSpawnStrategy)},
      {"strategy", 0, "MNEMONIC=STRATEGIES", {}, "The same for some actions: CppCompile=remote. May be repeated.", kExecuting, Given(driver::AddStrategy)},
      {"remote_timeout", 0, "SECONDS", {}, "How long a call to the remote cache may be silent. Default: 60.", kSending,
       Number("remote_timeout", 1, 86'400, &RemoteRequest::timeout_seconds)},
      {"remote_retries", 0, "N", {}, "How often a call that failed for the moment is tried again. Default: 5.", kSending,
       Number("remote_retries", 0, 1000, &RemoteRequest::retries)},
      {"remote_max_connections", 0, "N", {}, "Questions to the remote cache at once. Default: 32.", kSending,
       Number("remote_max_connections", 1, 256, &RemoteRequest::max_connections)},
      {"remote_cache_exit_wait", 0, "SECONDS", {}, "How long a build that is done waits for results to be sent. Default: 60.", kExecuting,
       Number("remote_cache_exit_wait", 0, 86'400, &RemoteRequest::exit_wait_seconds)},
      {"tls_certificate", 0, "FILE", {}, "The authorities that sign the certificates of remote caches. Default: those of the machine.",
       kSending, Text(&RemoteRequest::tls_certificate)},
      {"tls_client_certificate", 0, "FILE", {}, "The certificate to show to a remote cache.", kSending,
       Text(&RemoteRequest::tls_client_certificate)},
      {"tls_client_key", 0, "FILE", {}, "Its key.", kSending, Text(&RemoteRequest::tls_client_key)},
  };
}

}  // namespace cow::cli
