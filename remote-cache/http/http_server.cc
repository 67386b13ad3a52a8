#include "remote-cache/http/http_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status.h"

namespace cow::cache {
namespace {

constexpr absl::Duration kIdleTime = absl::Minutes(5);
constexpr absl::Duration kHeadTime = absl::Seconds(30);  // for the rest of a head

std::string TlsError() {
  const unsigned long code = ERR_get_error();
  char text[256] = "";
  ERR_error_string_n(code, text, sizeof(text));
  return text;
}

absl::StatusOr<ssl_ctx_st*> NewTls(const TlsFiles& files) {
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1) {
    return absl::InvalidArgumentError(absl::StrCat("certificate '", files.certificate, "': ", TlsError()));
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return absl::InvalidArgumentError(absl::StrCat("key '", files.key, "': ", TlsError()));
  }
  if (!files.client_authority.empty()) {
    if (SSL_CTX_load_verify_locations(context.get(), files.client_authority.c_str(), nullptr) != 1) {
      return absl::InvalidArgumentError(absl::StrCat("authority '", files.client_authority, "': ", TlsError()));
    }
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    const unsigned char id[] = "cow-cache";
    SSL_CTX_set_session_id_context(context.get(), id, sizeof(id) - 1);
  }
  return context.release();
}

absl::StatusOr<UniqueFd> Listen(const std::string& address) {
  const size_t colon = address.rfind(':');
  int port = 0;
  if (colon == std::string::npos || !absl::SimpleAtoi(address.substr(colon + 1), &port) || port < 0 || port > 65535) {
    return absl::InvalidArgumentError(absl::StrCat("'", address, "' is not HOST:PORT"));
  }
  std::string host = address.substr(0, colon);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(host.empty() ? nullptr : host.c_str(), absl::StrCat(port).c_str(), &hints, &found);
  if (code != 0) return absl::UnavailableError(absl::StrCat(address, ": ", gai_strerror(code)));
  std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  UniqueFd socket_fd(socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  setsockopt(socket_fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(socket_fd.get(), found->ai_addr, found->ai_addrlen) != 0 || listen(socket_fd.get(), 1024) != 0) {
    return ErrnoStatus(errno, absl::StrCat("listening on ", address));
  }
  return socket_fd;
}

int PortOf(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
                                             : reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

std::string Shown(const sockaddr_storage& address, socklen_t size) {
  char host[64] = "?";
  char port[16] = "?";
  getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host, sizeof(host), port, sizeof(port),
              NI_NUMERICHOST | NI_NUMERICSERV);
  return absl::StrCat(host, ":", port);
}

void Watch(int poll, int fd, uint32_t events, int operation) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  epoll_ctl(poll, operation, fd, &event);
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const std::string& address,
                                                              const std::optional<TlsFiles>& tls, int threads,
                                                              Handler handler) {
  ssl_ctx_st* context = nullptr;
  if (tls) {
    COW_ASSIGN_OR_RETURN(context, NewTls(*tls));
  }
  COW_ASSIGN_OR_RETURN(UniqueFd listener, Listen(address));
  UniqueFd poll(epoll_create1(EPOLL_CLOEXEC));
  UniqueFd wake(eventfd(0, EFD_CLOEXEC));
  if (!poll.valid() || !wake.valid()) return ErrnoStatus(errno, "starting the HTTP server");
  const int port = PortOf(listener.get());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(listener), std::move(poll), std::move(wake), port, context,
                                                    threads, std::move(handler)));
}

HttpServer::HttpServer(UniqueFd listener, UniqueFd poll, UniqueFd wake, int port, ssl_ctx_st* tls, int threads,
                       Handler handler)
    : listener_(std::move(listener)),
      poll_(std::move(poll)),
      wake_(std::move(wake)),
      port_(port),
      tls_(tls),
      handler_(std::move(handler)),
      pool_(std::make_unique<ThreadPool>(threads)) {
  Watch(poll_.get(), listener_.get(), EPOLLIN, EPOLL_CTL_ADD);
  Watch(poll_.get(), wake_.get(), EPOLLIN, EPOLL_CTL_ADD);
  thread_ = std::thread([this] { Loop(); });
}

HttpServer::~HttpServer() {
  stopping_ = true;
  const uint64_t one = 1;
  if (write(wake_.get(), &one, sizeof(one)) < 0) stopping_ = true;  // the loop looks every second anyway
  thread_.join();
  pool_.reset();
  if (tls_ != nullptr) SSL_CTX_free(tls_);
}

void HttpServer::Loop() {
  std::vector<epoll_event> events(256);
  absl::Time sweep = absl::Now();
  while (!stopping_) {
    const int count = epoll_wait(poll_.get(), events.data(), static_cast<int>(events.size()), 1000);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<size_t>(i)].data.fd;
      if (fd == listener_.get()) Accept();
      if (fd == listener_.get() || fd == wake_.get()) continue;
      // std::function wants what can be copied.
      auto ready = std::make_shared<std::unique_ptr<HttpConnection>>(Take(fd));
      if (*ready != nullptr) pool_->Submit([this, ready] { Serve(std::move(*ready)); });
    }
    if (absl::Now() - sweep > absl::Seconds(10)) {
      DropIdle();
      sweep = absl::Now();
    }
  }
}

void HttpServer::Accept() {
  while (true) {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    UniqueFd socket_fd(accept4(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_CLOEXEC));
    if (!socket_fd.valid()) {
      // No descriptor left: those that do nothing go first.
      if (errno == EMFILE || errno == ENFILE) DropIdle();
      return;
    }
    const int on = 1;
    setsockopt(socket_fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    ++connections_;
    Wait(std::make_unique<HttpConnection>(std::move(socket_fd), tls_, Shown(address, size)));
  }
}

void HttpServer::Wait(std::unique_ptr<HttpConnection> connection) {
  const int fd = connection->fd();
  {
    absl::MutexLock lock(&mutex_);
    idle_[fd] = {std::move(connection), absl::Now()};
  }
  Watch(poll_.get(), fd, EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, EPOLL_CTL_ADD);
}

std::unique_ptr<HttpConnection> HttpServer::Take(int fd) {
  absl::MutexLock lock(&mutex_);
  const auto found = idle_.find(fd);
  if (found == idle_.end()) return nullptr;
  std::unique_ptr<HttpConnection> connection = std::move(found->second.connection);
  idle_.erase(found);
  epoll_ctl(poll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  return connection;
}

void HttpServer::DropIdle() {
  std::vector<std::unique_ptr<HttpConnection>> dropped;
  absl::MutexLock lock(&mutex_);
  const absl::Time now = absl::Now();
  for (auto it = idle_.begin(); it != idle_.end();) {
    auto here = it++;
    if (now - here->second.since < (here->second.connection->is_at_a_head() ? kHeadTime : kIdleTime)) continue;
    dropped.push_back(std::move(here->second.connection));
    idle_.erase(here);
  }
  connections_ -= static_cast<int64_t>(dropped.size());
}

void HttpServer::Serve(std::unique_ptr<HttpConnection> connection) {
  while (!stopping_) {
    const absl::StatusOr<bool> there = connection->HeadIsThere();
    if (!there.ok()) break;
    if (!*there) {  // no thread waits for it
      Wait(std::move(connection));
      return;
    }
    absl::StatusOr<HttpRequest> request = connection->ReadRequest();
    if (absl::IsInvalidArgument(request.status())) {
      const std::string text = absl::StrCat(request.status().message(), "\n");
      absl::Status told = connection->Start(400, "Content-Type: text/plain\r\n", static_cast<int64_t>(text.size()), false, true);
      if (told.ok()) connection->Write(text).IgnoreError();  // it goes anyway
    }
    if (!request.ok()) break;
    if (!handler_(*connection, *request) || !request->keep_alive || !connection->FinishBody()) break;
  }
  --connections_;
}

}  // namespace cow::cache
