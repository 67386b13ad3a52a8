// HttpServer: accepts connections and lets a bounded number of threads answer the requests that come; connections on which
// nothing comes cost a descriptor and no thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "engine/base/posix_file.h"
#include "engine/base/thread_pool.h"
#include "remote-cache/http/http_connection.h"

namespace cow::cache {

struct TlsFiles {
  std::string certificate{};  // PEM, with its chain
  std::string key{};
  std::string client_authority{};  // "": no certificates of clients
};

class HttpServer {
 public:
  // Answers one request; false: the connection cannot be used any more.
  using Handler = std::function<bool(HttpConnection& connection, const HttpRequest& request)>;

  // `address`: "HOST:PORT", port 0 for any. `tls` unset: plain text. kUnavailable if the port is taken.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const std::string& address, const std::optional<TlsFiles>& tls,
                                                           int threads, Handler handler);
  // Waits for requests that are being answered.
  ~HttpServer();

  int port() const { return port_; }
  int64_t connections() const { return connections_.load(); }

 private:
  HttpServer(UniqueFd listener, UniqueFd poll, UniqueFd wake, int port, ssl_ctx_st* tls, int threads, Handler handler);
  void Loop();
  void Accept();
  void Serve(std::unique_ptr<HttpConnection> connection);
  void Wait(std::unique_ptr<HttpConnection> connection);
  std::unique_ptr<HttpConnection> Take(int fd);
  void DropIdle();

  struct Idle {
    std::unique_ptr<HttpConnection> connection;
    absl::Time since;
  };
  const UniqueFd listener_;
  const UniqueFd poll_;
  const UniqueFd wake_;
  const int port_;
  ssl_ctx_st* const tls_;
  const Handler handler_;
  std::atomic<bool> stopping_{false};
  std::atomic<int64_t> connections_{0};
  absl::Mutex mutex_;
  absl::flat_hash_map<int, Idle> idle_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<ThreadPool> pool_;
  std::thread thread_;
};

}  // namespace cow::cache
