#include "engine/remote/endpoint/channel.h"

#include <string>
#include <string_view>
#include <utility>

#include "engine/base/posix_file.h"

namespace cow::remote {
namespace {

constexpr int kLargestMessage = 64 << 20;

std::string TextOf(const std::string& path) { return path.empty() ? "" : ReadFile(path).value_or(""); }

std::shared_ptr<grpc::ChannelCredentials> CredentialsOf(const RemoteOptions& options, bool plain) {
  if (plain) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = TextOf(options.tls_certificate);
  tls.pem_cert_chain = TextOf(options.tls_client_certificate);
  tls.pem_private_key = TextOf(options.tls_client_key);
  return grpc::SslCredentials(tls);
}

constexpr int kKeepaliveMillis = 30'000;
constexpr int kKeepaliveAnswerMillis = 10'000;

std::shared_ptr<grpc::Channel> MakeChannel(const RemoteOptions& options, bool keepalive) {
  std::string address = options.cache;
  bool plain = address.starts_with("unix:");
  for (std::string_view scheme : {"grpc://", "grpcs://"}) {
    if (!address.starts_with(scheme)) continue;
    plain = scheme == "grpc://";
    address.erase(0, scheme.size());
  }
  grpc::ChannelArguments arguments;
  arguments.SetUserAgentPrefix("cow");
  arguments.SetMaxReceiveMessageSize(kLargestMessage);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  if (keepalive) {
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMillis);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveAnswerMillis);
  }
  return grpc::CreateCustomChannel(address, CredentialsOf(options, plain), arguments);
}

}  // namespace

std::shared_ptr<grpc::Channel> MakeChannel(const RemoteOptions& options) { return MakeChannel(options, false); }

std::shared_ptr<grpc::Channel> MakeExecutorChannel(RemoteOptions options) {
  options.cache = std::move(options.executor);
  return MakeChannel(options, true);
}

}  // namespace cow::remote
