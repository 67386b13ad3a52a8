#include "engine/remote/remote_options.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/store/wire.h"

namespace cow::remote {
namespace {

// Field numbers.
enum { kCache = 1, kInstance, kHeader, kTimeout, kRetries, kAccept, kUpload, kCompression, kConnections, kAuthorities,
       kCertificate, kKey, kExitWait, kUploadsWait, kExecutor, kCacheHeader, kExecHeader, kExecutions };
enum { kName = 1, kValue };

bool IsHeaderName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == '_' || c == '.';
  });
}

absl::Status CheckAddress(std::string_view flag, std::string_view what, std::string_view address) {
  const size_t colon = address.find("://");
  const std::string_view scheme = address.substr(0, colon);
  if (address.starts_with("unix:")) return absl::OkStatus();
  if (colon != address.npos && scheme != "grpc" && scheme != "grpcs") {
    return absl::InvalidArgumentError(absl::StrCat(flag, ": cow asks ", what, " over gRPC, as grpc://HOST:PORT or grpcs://HOST:PORT; ", scheme,
                                                   ":// is not supported"));
  }
  const std::string_view host = colon == address.npos ? address : address.substr(colon + 3);
  const size_t port = host.rfind(':');
  if (port == 0 || port == host.npos || port + 1 == host.size() || absl::StrContains(host, "/")) {
    return absl::InvalidArgumentError(absl::StrCat(flag, " wants grpc://HOST:PORT, got '", address, "'"));
  }
  return absl::OkStatus();
}

using Headers = std::vector<std::pair<std::string, std::string>>;

void WriteHeaders(int field, const Headers& headers, store::WireWriter* writer) {
  for (const auto& [name, value] : headers) {
    writer->Message(field, store::WireWriter().Bytes(kName, name).Bytes(kValue, value).Take());
  }
}

absl::StatusOr<std::pair<std::string, std::string>> DecodeHeader(std::string_view bytes) {
  std::pair<std::string, std::string> header;
  store::WireReader reader(bytes);
  while (reader.Next()) {
    (reader.field() == kName ? header.first : header.second) = reader.bytes();
  }
  COW_RETURN_IF_ERROR(reader.status());
  return header;
}

}  // namespace

absl::Status CheckCacheAddress(std::string_view address) { return CheckAddress("--remote_cache", "caches", address); }

absl::Status CheckExecutorAddress(std::string_view address) { return CheckAddress("--remote_executor", "executors", address); }

absl::StatusOr<std::pair<std::string, std::string>> ParseHeader(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == text.npos) return absl::InvalidArgumentError("a header is NAME=VALUE");
  std::string name = absl::AsciiStrToLower(text.substr(0, equals));
  std::string value(text.substr(equals + 1));
  if (!IsHeaderName(name) || name.starts_with("grpc-") || name.ends_with("-bin")) {
    return absl::InvalidArgumentError(absl::StrCat("'", name, "' is no name of a header that could be sent"));
  }
  if (!std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7f; })) {
    return absl::InvalidArgumentError(absl::StrCat("the value of the header '", name, "' has characters that cannot be sent"));
  }
  return std::pair(std::move(name), std::move(value));
}

std::string EncodeOptions(const RemoteOptions& options) {
  store::WireWriter writer;
  writer.Bytes(kCache, options.cache).Bytes(kInstance, options.instance);
  WriteHeaders(kHeader, options.headers, &writer);
  writer.Int(kTimeout, options.timeout_seconds).Int(kRetries, options.retries).Bool(kAccept, options.accept_cached);
  writer.Bool(kUpload, options.upload_local_results).Bool(kCompression, options.compression);
  writer.Int(kConnections, options.max_connections).Bytes(kAuthorities, options.tls_certificate);
  writer.Bytes(kCertificate, options.tls_client_certificate).Bytes(kKey, options.tls_client_key);
  writer.Int(kExitWait, options.exit_wait_seconds).Bool(kUploadsWait, options.uploads_wait).Bytes(kExecutor, options.executor);
  WriteHeaders(kCacheHeader, options.cache_headers, &writer);
  WriteHeaders(kExecHeader, options.exec_headers, &writer);
  return writer.Int(kExecutions, options.executions).Take();
}

absl::StatusOr<RemoteOptions> DecodeOptions(std::string_view bytes) {
  RemoteOptions options;
  options.timeout_seconds = options.retries = options.max_connections = options.exit_wait_seconds = 0;
  options.accept_cached = options.compression = false;
  store::WireReader reader(bytes);
  while (reader.Next()) {
    const int number = static_cast<int>(reader.integer());
    switch (reader.field()) {
      case kCache: options.cache = reader.bytes(); break;
      case kInstance: options.instance = reader.bytes(); break;
      case kHeader:
      case kCacheHeader:
      case kExecHeader: {
        COW_ASSIGN_OR_RETURN(auto header, DecodeHeader(reader.bytes()));
        const int field = reader.field();
        Headers& headers = field == kHeader ? options.headers : field == kCacheHeader ? options.cache_headers : options.exec_headers;
        headers.push_back(std::move(header));
        break;
      }
      case kExecutor: options.executor = reader.bytes(); break;
      case kExecutions: options.executions = number; break;
      case kTimeout: options.timeout_seconds = number; break;
      case kRetries: options.retries = number; break;
      case kAccept: options.accept_cached = number != 0; break;
      case kUpload: options.upload_local_results = number != 0; break;
      case kCompression: options.compression = number != 0; break;
      case kConnections: options.max_connections = number; break;
      case kAuthorities: options.tls_certificate = reader.bytes(); break;
      case kCertificate: options.tls_client_certificate = reader.bytes(); break;
      case kKey: options.tls_client_key = reader.bytes(); break;
      case kExitWait: options.exit_wait_seconds = number; break;
      case kUploadsWait: options.uploads_wait = number != 0; break;
      default: reader.Fail("unknown option");
    }
  }
  COW_RETURN_IF_ERROR(reader.status());
  return options;
}

}  // namespace cow::remote
