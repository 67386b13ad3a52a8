#include "remote-cache/http/http_connection.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/base/status.h"

namespace cow::cache {
namespace {

constexpr size_t kMaxHead = 32 << 10;
constexpr int kStepSeconds = 30;        // for a peer to send or take anything at all
constexpr absl::Duration kHeadTime = absl::Seconds(30);

absl::Status Gone() { return absl::CancelledError("the peer went away"); }
absl::Status Malformed(std::string_view why) { return absl::InvalidArgumentError(absl::StrCat("bad request: ", why)); }

std::string_view ReasonOf(int code) {
  switch (code) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 416: return "Range Not Satisfiable";
    case 431: return "Request Header Fields Too Large";
    case 503: return "Service Unavailable";
    case 507: return "Insufficient Storage";
    default: return "Internal Server Error";
  }
}

std::optional<std::string> Decoded(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result.push_back(text[i]);
      continue;
    }
    int byte = 0;
    if (i + 3 > text.size() || !absl::SimpleHexAtoi(text.substr(i + 1, 2), &byte)) return std::nullopt;
    result.push_back(static_cast<char>(byte));
    i += 2;
  }
  return result;
}

// "3", never "+3" or "0x3".
bool ParseCount(std::string_view text, int base, int64_t* value) {
  if (text.empty() || text.size() > 15) return false;
  int64_t result = 0;
  for (char c : text) {
    const int digit = absl::ascii_isdigit(static_cast<unsigned char>(c)) ? c - '0'
                      : base == 16 && absl::ascii_isxdigit(static_cast<unsigned char>(c))
                          ? absl::ascii_tolower(static_cast<unsigned char>(c)) - 'a' + 10
                          : -1;
    if (digit < 0) return false;
    result = result * base + digit;
  }
  *value = result;
  return true;
}

absl::StatusOr<HttpRequest> ParseHead(const std::vector<std::string>& lines) {
  HttpRequest request;
  const std::vector<std::string_view> words = absl::StrSplit(lines[0], ' ');
  if (words.size() != 3 || (words[2] != "HTTP/1.1" && words[2] != "HTTP/1.0")) return Malformed("no HTTP/1.1 request line");
  request.method = std::string(words[0]);
  const std::pair<std::string_view, std::string_view> target = absl::StrSplit(words[1], absl::MaxSplits('?', 1));
  std::optional<std::string> path = Decoded(target.first);
  if (!path || path->empty() || path->front() != '/') return Malformed("the target is no path");
  request.path = *std::move(path);
  request.query = std::string(target.second);
  for (size_t i = 1; i < lines.size(); ++i) {
    const size_t colon = lines[i].find(':');
    if (colon == std::string::npos || colon == 0) return Malformed("a header without a name");
    const std::string name = absl::AsciiStrToLower(lines[i].substr(0, colon));
    const std::string value(absl::StripAsciiWhitespace(std::string_view(lines[i]).substr(colon + 1)));
    if (name.find_first_of(" \t") != std::string::npos) return Malformed("a blank in the name of a header");
    if (value.find('\n') != std::string::npos) return Malformed("a line that ends without a return");
    const bool is_new = request.headers.emplace(name, value).second;
    if (!is_new && (name == "content-length" || name == "transfer-encoding")) return Malformed("two framings");
  }
  const std::string connection = absl::AsciiStrToLower(request.Header("connection"));
  request.keep_alive = words[2] == "HTTP/1.1" ? connection != "close" : connection == "keep-alive";
  const std::string coding = absl::AsciiStrToLower(request.Header("transfer-encoding"));
  request.chunked = coding == "chunked";
  if (!coding.empty() && (!request.chunked || request.headers.contains("content-length"))) return Malformed("an unknown framing");
  if (request.headers.contains("content-length") && !ParseCount(request.Header("content-length"), 10, &request.length)) {
    return Malformed("the length is no number");
  }
  return request;
}

}  // namespace

std::string_view HttpRequest::Header(std::string_view name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view() : found->second;
}

HttpConnection::HttpConnection(UniqueFd socket, ssl_ctx_st* tls, std::string peer)
    : socket_(std::move(socket)), peer_(std::move(peer)) {
  const timeval step{kStepSeconds, 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &step, sizeof(step));
  setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &step, sizeof(step));
  if (tls != nullptr) {
    tls_ = SSL_new(tls);
    SSL_set_fd(tls_, socket_.get());
  }
}

HttpConnection::~HttpConnection() {
  if (tls_ != nullptr) {
    SetWaiting(false);
    ERR_clear_error();
    if (greeted_) SSL_shutdown(tls_);
    SSL_free(tls_);
  }
}

std::string HttpConnection::certificate() const {
  if (tls_ == nullptr || SSL_get_verify_result(tls_) != X509_V_OK) return "";
  X509* certificate = SSL_get1_peer_certificate(tls_);
  if (certificate == nullptr) return "";
  char name[256] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof(name));
  X509_free(certificate);
  return name;
}

void HttpConnection::SetWaiting(bool waits) {
  const int flags = fcntl(socket_.get(), F_GETFL);
  fcntl(socket_.get(), F_SETFL, waits ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
}

absl::StatusOr<bool> HttpConnection::TakeInput() {
  char buffer[16384];
  if (tls_ == nullptr) {
    const ssize_t n = recv(socket_.get(), buffer, sizeof(buffer), 0);
    if (n > 0) input_.append(buffer, static_cast<size_t>(n));
    if (n > 0) return true;
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    return Gone();
  }
  ERR_clear_error();  // of other connections of this thread
  const int n = greeted_ ? SSL_read(tls_, buffer, sizeof(buffer)) : SSL_accept(tls_);
  if (n > 0 && !greeted_) return greeted_ = true;
  if (n > 0) input_.append(buffer, static_cast<size_t>(n));
  if (n > 0) return true;
  const int why = SSL_get_error(tls_, n);
  if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return false;
  return Gone();
}

absl::StatusOr<bool> HttpConnection::HeadIsThere() {
  SetWaiting(false);
  absl::StatusOr<bool> more = true;
  while (more.ok() && *more && input_.find("\r\n\r\n") == std::string::npos && input_.size() <= kMaxHead) more = TakeInput();
  SetWaiting(true);
  COW_RETURN_IF_ERROR(more.status());
  if (*more) {
    head_began_ = absl::InfiniteFuture();
    return true;  // or it is too long, which reading it will say
  }
  if (head_began_ == absl::InfiniteFuture() && is_at_a_head()) head_began_ = absl::Now();
  if (absl::Now() - head_began_ > kHeadTime) return Gone();
  return false;
}

absl::StatusOr<size_t> HttpConnection::Receive(char* buffer, size_t size) {
  while (true) {
    ERR_clear_error();
    const ssize_t n = tls_ != nullptr ? SSL_read(tls_, buffer, static_cast<int>(size)) : recv(socket_.get(), buffer, size, 0);
    if (n > 0) return static_cast<size_t>(n);
    if (n < 0 && tls_ == nullptr && errno == EINTR) continue;
    return Gone();
  }
}

absl::Status HttpConnection::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t part = std::min<size_t>(bytes.size(), 1 << 30);
    ERR_clear_error();
    const ssize_t n = tls_ != nullptr ? SSL_write(tls_, bytes.data(), static_cast<int>(part))
                                      : send(socket_.get(), bytes.data(), part, MSG_NOSIGNAL);
    if (n < 0 && tls_ == nullptr && errno == EINTR) continue;
    if (n <= 0) return Gone();
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

absl::Status HttpConnection::Fill() {
  char buffer[16384];
  COW_ASSIGN_OR_RETURN(const size_t n, Receive(buffer, sizeof(buffer)));
  input_.append(buffer, n);
  return absl::OkStatus();
}

absl::StatusOr<std::string> HttpConnection::ReadLine(size_t limit) {
  size_t end;
  while ((end = input_.find("\r\n")) == std::string::npos) {
    if (input_.size() > limit) return Malformed("a line that is too long");
    COW_RETURN_IF_ERROR(Fill());
  }
  std::string line = input_.substr(0, end);
  input_.erase(0, end + 2);
  return line;
}

absl::StatusOr<HttpRequest> HttpConnection::ReadRequest() {
  const size_t end = input_.find("\r\n\r\n");
  if (end > kMaxHead) return Malformed("more than 32 KiB of headers");
  const std::vector<std::string> lines = absl::StrSplit(input_.substr(0, end), "\r\n");
  input_.erase(0, end + 4);
  COW_ASSIGN_OR_RETURN(HttpRequest request, ParseHead(lines));
  body_chunked_ = request.chunked;
  body_left_ = request.chunked ? 0 : std::max<int64_t>(0, request.length);
  body_done_ = !request.chunked && body_left_ == 0;
  expects_continue_ = absl::AsciiStrToLower(request.Header("expect")) == "100-continue";
  return request;
}

absl::StatusOr<std::string> HttpConnection::ReadChunk(size_t size) {
  if (body_left_ == 0) {
    COW_ASSIGN_OR_RETURN(const std::string line, ReadLine(kMaxHead));
    if (!ParseCount(std::string_view(line).substr(0, line.find(';')), 16, &body_left_)) return Malformed("a chunk without size");
    if (body_left_ == 0) {
      for (int i = 0; i < 32; ++i) {
        COW_ASSIGN_OR_RETURN(const std::string trailer, ReadLine(kMaxHead));
        if (trailer.empty()) {
          body_done_ = true;
          return std::string();
        }
      }
      return Malformed("too many trailers");
    }
  }
  if (input_.empty()) COW_RETURN_IF_ERROR(Fill());
  const size_t n = std::min({size, input_.size(), static_cast<size_t>(body_left_)});
  std::string bytes = input_.substr(0, n);
  input_.erase(0, n);
  body_left_ -= static_cast<int64_t>(n);
  if (body_left_ == 0) {
    COW_ASSIGN_OR_RETURN(const std::string rest, ReadLine(kMaxHead));
    if (!rest.empty()) return Malformed("a chunk that is longer than its size");
  }
  return bytes;
}

absl::StatusOr<std::string> HttpConnection::ReadBody(size_t size) {
  if (body_done_) return std::string();
  if (std::exchange(expects_continue_, false)) COW_RETURN_IF_ERROR(Send("HTTP/1.1 100 Continue\r\n\r\n"));
  if (body_chunked_) return ReadChunk(size);
  std::string bytes;
  const size_t want = std::min(size, static_cast<size_t>(body_left_));
  if (!input_.empty()) {
    bytes = input_.substr(0, want);
    input_.erase(0, bytes.size());
  } else {
    bytes.resize(want);
    COW_ASSIGN_OR_RETURN(const size_t n, Receive(bytes.data(), bytes.size()));
    bytes.resize(n);
  }
  body_left_ -= static_cast<int64_t>(bytes.size());
  body_done_ = body_left_ == 0;
  return bytes;
}

bool HttpConnection::FinishBody() {
  if (body_done_) return true;
  // Only what came already is skipped: nobody waits for a peer that was told the answer.
  if (body_chunked_ || expects_continue_ || static_cast<size_t>(body_left_) > input_.size()) return false;
  input_.erase(0, static_cast<size_t>(body_left_));
  body_left_ = 0;
  return body_done_ = true;
}

absl::Status HttpConnection::Start(int code, std::string_view headers, int64_t length, bool keep_alive, bool has_body) {
  answer_chunked_ = length < 0 && has_body;
  std::string head = absl::StrCat("HTTP/1.1 ", code, " ", ReasonOf(code), "\r\nServer: cow-cache\r\n", headers);
  absl::StrAppend(&head, length >= 0 ? absl::StrCat("Content-Length: ", length) : "Transfer-Encoding: chunked", "\r\n");
  absl::StrAppend(&head, keep_alive ? "" : "Connection: close\r\n", "\r\n");
  return Send(head);
}

absl::Status HttpConnection::Write(std::string_view bytes) {
  if (bytes.empty()) return absl::OkStatus();
  if (!answer_chunked_) return Send(bytes);
  COW_RETURN_IF_ERROR(Send(absl::StrCat(absl::Hex(bytes.size()), "\r\n")));
  COW_RETURN_IF_ERROR(Send(bytes));
  return Send("\r\n");
}

absl::Status HttpConnection::Finish() { return answer_chunked_ ? Send("0\r\n\r\n") : absl::OkStatus(); }

}  // namespace cow::cache
