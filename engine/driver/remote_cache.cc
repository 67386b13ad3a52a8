#include "engine/driver/remote_cache.h"

#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/base/thread_pool.h"
#include "engine/driver/remote_execution.h"
#include "engine/execution/printable_text.h"

namespace cow::driver {
namespace {

constexpr size_t kLongestWarning = 2000;  // of what a server says
constexpr std::string_view kAllOutputs = "all";
constexpr std::string_view kMinimalOutputs = "minimal";

bool UsesRemoteCache(const BuildRequest& request) {
  return !(request.remote.cache.empty() && request.remote.executor.empty()) && !request.offline;
}

absl::Status MakeReadable(const BuildRequest& request, std::string_view flag, std::string* path) {
  if (path->empty()) return absl::OkStatus();
  if (!path->starts_with('/')) *path = JoinPath(request.working_directory, *path);
  if (access(path->c_str(), R_OK) == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("--", flag, ": '", *path, "' cannot be read"));
}

}  // namespace

absl::Status SetRemoteCache(const std::string& address, BuildRequest* request) {
  if (!address.empty()) COW_RETURN_IF_ERROR(remote::CheckCacheAddress(address));
  request->remote.cache = address;
  return absl::OkStatus();
}

absl::Status AddRemoteHeader(std::string_view flag, std::string_view text, RemoteHeaders* headers) {
  auto header = remote::ParseHeader(text);
  if (!header.ok()) return Annotate(header.status(), flag);
  headers->push_back(*std::move(header));
  return absl::OkStatus();
}

execution::RemoteOutputs RemoteOutputsOf(const BuildRequest& request) {
  if (!UsesRemoteCache(request) || !request.remote.accept_cached) return execution::RemoteOutputs::kRequested;
  if (request.remote_download_outputs == kAllOutputs) return execution::RemoteOutputs::kAll;
  // A program that is started must be there.
  const bool runs = request.kind == BuildRequest::Kind::kRun || request.kind == BuildRequest::Kind::kShell;
  return request.remote_download_outputs == kMinimalOutputs && !runs ? execution::RemoteOutputs::kNone
                                                                     : execution::RemoteOutputs::kRequested;
}

absl::StatusOr<std::unique_ptr<remote::RemoteClient>> OpenRemoteCache(const BuildRequest& request, const Session& session,
                                                                      EventSink& events) {
  COW_RETURN_IF_ERROR(CheckStrategies(request));
  if (!UsesRemoteCache(request)) return nullptr;
  remote::RemoteOptions options = request.remote;
  if (options.cache.empty()) options.cache = options.executor;
  if (!options.executor.empty()) options.executions = JobsOf(request) > 0 ? JobsOf(request) : ProcessorCount();
  COW_RETURN_IF_ERROR(MakeReadable(request, "tls_certificate", &options.tls_certificate));
  COW_RETURN_IF_ERROR(MakeReadable(request, "tls_client_certificate", &options.tls_client_certificate));
  COW_RETURN_IF_ERROR(MakeReadable(request, "tls_client_key", &options.tls_client_key));
  remote::RemoteClient::Parts parts{
      .program = session.installation.programs_dir + "/cow-remote",
      .scratch_directory = session.store->session->path(),
      .cas = session.store->cas.get(),
      .warn = [&events](const std::string& text) { events.Handle(Message{Message::Kind::kWarning, execution::PrintableText(text.substr(0, kLongestWarning))}); }};
  if (access(parts.program.c_str(), X_OK) != 0) {
    return absl::FailedPreconditionError(absl::StrCat("--remote_cache needs the program '", parts.program, "', which is not there: build the target cow-remote"));
  }
  return std::make_unique<remote::RemoteClient>(std::move(options), std::move(parts));
}

}  // namespace cow::driver
