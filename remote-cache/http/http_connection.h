// HttpConnection: one accepted connection: requests are read from it and answers written to it, plain or through TLS, with a
// deadline for each step, so that a peer that does nothing holds nothing for long. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/posix_file.h"

struct ssl_st;
struct ssl_ctx_st;

namespace cow::cache {

struct HttpRequest {
  std::string method{};
  std::string path{};   // without query, percent-decoded
  std::string query{};
  absl::btree_map<std::string, std::string> headers{};  // names in lower case
  int64_t length = -1;  // of the body; -1: none, or in chunks
  bool chunked = false;
  bool keep_alive = true;

  std::string_view Header(std::string_view name) const;
};

class HttpConnection {
 public:
  // `tls` null: plain text.
  HttpConnection(UniqueFd socket, ssl_ctx_st* tls, std::string peer);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  int fd() const { return socket_.get(); }
  const std::string& peer() const { return peer_; }
  // Of the client's verified certificate, or "".
  std::string certificate() const;
  // Whether the head of a request is there; takes what came and does not wait for more. kCancelled: the peer is gone, or has
  // been at it for too long. kInvalidArgument: it is too long.
  absl::StatusOr<bool> HeadIsThere();
  // Some of a head came.
  bool is_at_a_head() const { return !input_.empty() || (tls_ != nullptr && !greeted_); }

  // The request whose head is there. kInvalidArgument: what came is no HTTP/1.1.
  absl::StatusOr<HttpRequest> ReadRequest();
  // Up to `size` bytes of the request's body; empty at its end. The peer is told to go on if it waits for that.
  absl::StatusOr<std::string> ReadBody(size_t size);
  // True if the next request can be read: the body was read to its end, or all of it came already.
  bool FinishBody();

  // Begins an answer. `length` < 0: in chunks. `headers`: lines with "\r\n".
  absl::Status Start(int code, std::string_view headers, int64_t length, bool keep_alive, bool has_body);
  absl::Status Write(std::string_view bytes);
  absl::Status Finish();

 private:
  // What came without waiting, into input_; false: nothing more now.
  absl::StatusOr<bool> TakeInput();
  void SetWaiting(bool waits);
  absl::StatusOr<size_t> Receive(char* buffer, size_t size);
  absl::Status Send(std::string_view bytes);
  absl::Status Fill();
  absl::StatusOr<std::string> ReadLine(size_t limit);
  absl::StatusOr<std::string> ReadChunk(size_t size);

  const UniqueFd socket_;
  ssl_st* tls_ = nullptr;
  bool greeted_ = false;
  const std::string peer_;
  std::string input_;
  absl::Time head_began_ = absl::InfiniteFuture();
  int64_t body_left_ = 0;  // of the body, or of the chunk
  bool body_chunked_ = false;
  bool body_done_ = true;
  bool expects_continue_ = false;
  bool answer_chunked_ = false;
};

}  // namespace cow::cache
