#include "remote-cache/http/cache_handler.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "remote-cache/http/status_page.h"
#include "remote-cache/storage/frames.h"

namespace cow::cache {
namespace {

constexpr size_t kPiece = 256 << 10;
constexpr int64_t kMaxResult = int64_t{8} << 20;

int CodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk: return 200;
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kDataLoss: return 404;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition: return 400;
    case absl::StatusCode::kOutOfRange: return 416;
    case absl::StatusCode::kUnauthenticated: return 401;
    case absl::StatusCode::kPermissionDenied: return 403;
    case absl::StatusCode::kResourceExhausted: return 507;
    case absl::StatusCode::kUnimplemented: return 405;
    case absl::StatusCode::kUnavailable: return 503;
    default: return 500;
  }
}

// "bytes=5-" and "bytes=5-9"; nullopt: nothing to be heeded.
std::optional<std::pair<int64_t, int64_t>> ParseRange(std::string_view header) {
  constexpr std::string_view kUnit = "bytes=";
  if (!absl::StartsWith(header, kUnit)) return std::nullopt;
  header.remove_prefix(kUnit.size());
  const std::vector<std::string_view> ends = absl::StrSplit(header, '-');
  int64_t first = 0;
  int64_t last = INT64_MAX;
  if (ends.size() != 2 || !absl::SimpleAtoi(ends[0], &first) || first < 0) return std::nullopt;
  if (!ends[1].empty() && (!absl::SimpleAtoi(ends[1], &last) || last < first)) return std::nullopt;
  return std::pair(first, last);
}

}  // namespace

struct CacheHandler::Exchange {
  HttpConnection& connection;
  const HttpRequest& request;
  Identity identity{};
  std::string instance{};
  int code = 0;  // of the answer, once it began
  int64_t bytes = 0;
  bool usable = true;  // the connection, afterwards
  bool wants_body() const { return request.method != "HEAD"; }
};

std::optional<CacheHandler::Target> CacheHandler::ParseTarget(std::string_view path) {
  std::vector<std::string> parts = absl::StrSplit(path.substr(1), '/');
  if (parts.size() < 2) return std::nullopt;
  Target target;
  target.hash = parts.back();
  const std::string kind = parts[parts.size() - 2];
  if ((kind != "ac" && kind != "cas") || !Digest::FromHex(target.hash, 0).ok()) return std::nullopt;
  target.is_result = kind == "ac";
  parts.resize(parts.size() - 2);
  for (const std::string& part : parts) {
    if (part.empty() || part == "." || part == "..") return std::nullopt;
  }
  target.is_raw = !parts.empty() && parts[0] == "raw";
  for (const std::string& part : parts) absl::StrAppend(&target.instance, target.instance.empty() ? "" : "/", part);
  return target;
}

// In the raw space all of the path counts: nobody writes what another instance reads.
absl::StatusOr<Digest> CacheHandler::NameOf(const Target& target) {
  COW_ASSIGN_OR_RETURN(const Digest hash, Digest::FromHex(target.hash, 0));
  if (!target.is_raw) return hash;
  return RecordHasher("cow-cache-raw").Add(target.instance).Add(target.is_result ? "ac" : "cas").Add(hash).Finish();
}

absl::Status CacheHandler::Answer(Exchange& exchange, int code, std::string_view type, std::string_view body) const {
  exchange.code = code;
  const std::string headers = absl::StrCat("Content-Type: ", type, "\r\n",
                                           code == 401 ? "WWW-Authenticate: Basic realm=\"cow-cache\"\r\n" : "");
  COW_RETURN_IF_ERROR(exchange.connection.Start(code, headers, static_cast<int64_t>(body.size()),
                                                exchange.request.keep_alive, exchange.wants_body()));
  return exchange.wants_body() ? exchange.connection.Write(body) : absl::OkStatus();
}

absl::Status CacheHandler::Page(Exchange& exchange) const {
  const std::string& path = exchange.request.path;
  if (exchange.request.method != "GET" && exchange.request.method != "HEAD") return absl::UnimplementedError("only GET and HEAD");
  // Whether it is alive tells nothing to anybody.
  if (path == "/healthz") return Answer(exchange, 200, "text/plain", "ok\n");
  if (path == "/readyz") {
    const absl::Status ready = ready_();
    return Answer(exchange, ready.ok() ? 200 : 503, "text/plain", ready.ok() ? "ok\n" : absl::StrCat(ready.message(), "\n"));
  }
  COW_RETURN_IF_ERROR(Allow(exchange.identity, Need::kRead, ""));
  if (path == "/metrics") return Answer(exchange, 200, "text/plain; version=0.0.4", MetricsText(context_));
  if (path == "/status") return Answer(exchange, 200, "application/json", StatusJson(context_));
  if (path == "/") return Answer(exchange, 200, "text/html; charset=utf-8", StatusPage(context_, ready_()));
  return absl::NotFoundError("no such page; there are /, /status, /metrics, /healthz, /readyz, /cas/HASH and /ac/HASH");
}

absl::Status CacheHandler::GetBlob(Exchange& exchange, const Target& target, const Key& key) const {
  const HttpRequest& request = exchange.request;
  const std::optional<std::pair<int64_t, int64_t>> range = ParseRange(request.Header("range"));
  COW_ASSIGN_OR_RETURN(std::unique_ptr<BlobReader> reader,
                       context_.storage->Read(target.is_raw ? Space::kRaw : Space::kCas, key, -1, range ? range->first : 0));
  const bool as_zstd = !range && !target.is_raw && absl::StrContains(request.Header("accept-encoding"), "zstd");
  std::string headers = "Content-Type: application/octet-stream\r\nAccept-Ranges: bytes\r\n";
  int64_t length = reader->left();
  if (range) {
    if (length == 0) return absl::OutOfRangeError("the range begins behind the end");
    length = std::min(length - 1, range->second - range->first) + 1;
    absl::StrAppend(&headers, "Content-Range: bytes ", range->first, "-", range->first + length - 1, "/", reader->size(), "\r\n");
  }
  if (as_zstd) headers += "Content-Encoding: zstd\r\n";
  exchange.code = range ? 206 : 200;
  COW_RETURN_IF_ERROR(exchange.connection.Start(exchange.code, headers, as_zstd ? -1 : length, request.keep_alive,
                                                exchange.wants_body()));
  if (!exchange.wants_body()) return absl::OkStatus();
  int64_t left = as_zstd ? INT64_MAX : length;
  while (left > 0) {
    COW_ASSIGN_OR_RETURN(const std::string piece, as_zstd ? reader->NextCompressed() : reader->Next());
    if (piece.empty()) break;
    const std::string_view part = std::string_view(piece).substr(0, static_cast<size_t>(std::min<int64_t>(
                                                                   left, static_cast<int64_t>(piece.size()))));
    COW_RETURN_IF_ERROR(exchange.connection.Write(part));
    left -= static_cast<int64_t>(part.size());
    exchange.bytes += static_cast<int64_t>(part.size());
  }
  return exchange.connection.Finish();
}

absl::Status CacheHandler::Get(Exchange& exchange, const Target& target) const {
  COW_RETURN_IF_ERROR(Allow(exchange.identity, Need::kRead, target.instance));
  COW_ASSIGN_OR_RETURN(const Digest name, NameOf(target));
  if (!target.is_result || target.is_raw) {
    absl::Status status = GetBlob(exchange, target, name.hash());
    if (target.is_raw && exchange.wants_body()) context_.metrics->Lookup(status.ok());
    return status;
  }
  absl::StatusOr<reapi::ActionResult> result = results_.Get(target.instance, name);
  context_.metrics->Lookup(result.ok());
  COW_RETURN_IF_ERROR(result.status());
  const std::string bytes = result->SerializeAsString();
  exchange.bytes = static_cast<int64_t>(bytes.size());
  return Answer(exchange, 200, "application/octet-stream", bytes);
}

absl::Status CacheHandler::PutBlob(Exchange& exchange, const Target& target, const Key& key) const {
  const HttpRequest& request = exchange.request;
  std::unique_ptr<BlobStorage::Upload> upload;
  std::optional<StreamDecompressor> plain;
  int64_t size = request.length;
  if (request.Header("content-encoding") == "zstd") {
    if (!absl::SimpleAtoi(request.Header("x-digest-sizebytes"), &size) || size < 0) {
      return absl::InvalidArgumentError("a compressed upload needs the header X-Digest-SizeBytes");
    }
    plain.emplace();
  }
  if (size < 0) return absl::InvalidArgumentError("an upload needs a length");
  if (target.is_raw) {
    COW_ASSIGN_OR_RETURN(upload, context_.storage->BeginRaw(key, size));
  } else {
    COW_ASSIGN_OR_RETURN(upload, context_.storage->Begin(Digest(key, size)));
  }
  while (true) {
    absl::StatusOr<std::string> piece = exchange.connection.ReadBody(kPiece);
    if (!piece.ok()) {
      exchange.usable = false;
      return piece.status();
    }
    if (piece->empty()) break;
    exchange.bytes += static_cast<int64_t>(piece->size());
    BlobWriter& writer = upload->writer();
    COW_RETURN_IF_ERROR(plain ? plain->Add(*piece, static_cast<size_t>(size - writer.received()),
                                           [&](std::string_view part) { return writer.Write(part); })
                              : writer.Write(*piece));
  }
  if (plain && !plain->complete()) return absl::InvalidArgumentError("the compressed bytes end in the middle");
  COW_RETURN_IF_ERROR(context_.storage->Commit(*upload));
  return Answer(exchange, 200, "text/plain", "");
}

absl::Status CacheHandler::PutResult(Exchange& exchange, const Target& target, const Key& key) const {
  if (exchange.request.length > kMaxResult) return absl::InvalidArgumentError("a result of too many bytes");
  std::string bytes;
  while (true) {
    absl::StatusOr<std::string> piece = exchange.connection.ReadBody(kPiece);
    if (!piece.ok()) exchange.usable = false;
    COW_RETURN_IF_ERROR(piece.status());
    if (piece->empty()) break;
    bytes += *piece;
    if (static_cast<int64_t>(bytes.size()) > kMaxResult) return absl::InvalidArgumentError("a result of too many bytes");
  }
  exchange.bytes = static_cast<int64_t>(bytes.size());
  reapi::ActionResult result;
  if (!result.ParseFromString(bytes)) {
    return absl::InvalidArgumentError("what was sent is no ActionResult; clients that store other things use /raw/");
  }
  COW_RETURN_IF_ERROR(results_.Update(target.instance, Digest(key, 0), std::move(result), exchange.identity.name).status());
  return Answer(exchange, 200, "text/plain", "");
}

absl::Status CacheHandler::Put(Exchange& exchange, const Target& target) const {
  // What lies in the raw space is believed like results.
  const bool is_claim = target.is_result || target.is_raw;
  COW_RETURN_IF_ERROR(Allow(exchange.identity, is_claim ? Need::kWriteResults : Need::kWriteBlobs, target.instance));
  COW_ASSIGN_OR_RETURN(const Digest name, NameOf(target));
  if (!is_claim || target.is_raw) return PutBlob(exchange, target, name.hash());
  return PutResult(exchange, target, name.hash());
}

absl::Status CacheHandler::Route(Exchange& exchange) const {
  absl::StatusOr<Identity> identity =
      context_.access->Identify(exchange.request.Header("authorization"), exchange.connection.certificate());
  const std::string& path = exchange.request.path;
  if (path == "/healthz" || path == "/readyz") return Page(exchange);
  COW_RETURN_IF_ERROR(identity.status());
  exchange.identity = *std::move(identity);
  const std::optional<Target> target = ParseTarget(path);
  if (!target) return Page(exchange);
  exchange.instance = target->instance;
  const std::string& method = exchange.request.method;
  if (method == "GET" || method == "HEAD") return Get(exchange, *target);
  if (method == "PUT") return Put(exchange, *target);
  return absl::UnimplementedError(absl::StrCat("the method ", method, " means nothing here; there are GET, HEAD and PUT"));
}

bool CacheHandler::Handle(HttpConnection& connection, const HttpRequest& request) const {
  const absl::Time began = absl::Now();
  Exchange exchange{connection, request};
  absl::Status status = Route(exchange);
  if (!status.ok() && exchange.code == 0 && exchange.usable) {
    if (absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status)) context_.metrics->Add("cow_cache_refused_total");
    const absl::Status told = Answer(exchange, CodeOf(status), "text/plain", absl::StrCat(status.message(), "\n"));
    exchange.usable = told.ok();
  } else if (!status.ok()) {
    exchange.usable = false;  // the answer broke off
  }
  const absl::Duration took = absl::Now() - began;
  const std::string code = absl::StrCat(exchange.code);
  const std::string method = exchange.request.method == "GET" || exchange.request.method == "PUT" ||
                                     exchange.request.method == "HEAD"
                                 ? exchange.request.method
                                 : "other";
  context_.metrics->Request("http", method, code, took);
  context_.metrics->Add(method == "PUT" ? "cow_cache_received_bytes_total" : "cow_cache_sent_bytes_total", exchange.bytes);
  if (context_.log) {
    JsonWriter line;
    line.BeginObject().Field("time", absl::FormatTime(absl::RFC3339_sec, began, absl::UTCTimeZone()));
    line.Field("peer", connection.peer()).Field("who", exchange.identity.name).Field("method", exchange.request.method);
    line.Field("path", request.path).Field("code", code).Field("bytes", exchange.bytes);
    line.Field("us", absl::ToInt64Microseconds(took));
    if (!status.ok()) line.Field("message", status.message());
    context_.log(line.EndObject().text());
  }
  return exchange.usable;
}

}  // namespace cow::cache
