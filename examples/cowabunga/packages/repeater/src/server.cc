#include "packages/repeater/src/server.h"

#include <httplib.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <iostream>
#include <thread>

#include "packages/repeater/src/handlers.h"

namespace repeater {
namespace {

constexpr std::size_t kMaxBody = std::size_t{8} << 20;
constexpr char kJson[] = "application/json";

std::int64_t Now() {
  using std::chrono::system_clock;
  return std::chrono::duration_cast<std::chrono::seconds>(system_clock::now().time_since_epoch()).count();
}

void SendStream(const Reply& reply, httplib::Response& response) {
  response.set_header("Cache-Control", "no-cache");
  response.set_chunked_content_provider(
      "text/event-stream", [events = reply.events](std::size_t, httplib::DataSink& sink) {
        for (const std::string& event : events) {
          const std::string text = "data: " + event + "\n\n";
          if (!sink.write(text.data(), text.size())) return false;
        }
        sink.done();
        return true;
      });
}

void Send(const Reply& reply, httplib::Response& response) {
  response.status = reply.status;
  if (reply.is_stream()) {
    SendStream(reply, response);
  } else {
    response.set_content(reply.body, kJson);
  }
}

// For what no handler answered: unknown paths, bodies that are too large, broken requests.
void SendHttpError(const httplib::Request& request, httplib::Response& response) {
  if (!response.body.empty()) return;
  ApiError error{.status = response.status, .message = "the request cannot be answered"};
  if (response.status == 404) {
    error.message = "unknown request URL: " + request.method + " " + request.path;
    error.code = "unknown_url";
  } else if (response.status == 413) {
    error.message = "the body of the request is larger than " + std::to_string(kMaxBody) + " bytes";
  }
  response.set_content(ErrorReply(error).body, kJson);
}

void AddRoutes(httplib::Server& server, Handlers& handlers) {
  using Handler = Reply (Handlers::*)(std::string_view);
  const auto post = [&](const char* path, Handler handler) {
    server.Post(path, [&handlers, handler](const httplib::Request& request, httplib::Response& response) {
      Send((handlers.*handler)(request.body), response);
    });
  };
  post("/v1/completions", &Handlers::Completions);
  post("/v1/chat/completions", &Handlers::ChatCompletions);
  post("/v1/embeddings", &Handlers::Embeddings);
  server.Get("/v1/models", [&handlers](const httplib::Request&, httplib::Response& response) {
    Send(handlers.Models(), response);
  });
  server.Get("/healthz", [](const httplib::Request&, httplib::Response& response) {
    response.set_content("{\"status\":\"ok\"}", kJson);
  });
}

void Configure(httplib::Server& server) {
  // The library's default, SO_REUSEPORT, would let two servers share a port by accident.
  server.set_socket_options([](socket_t socket) {
    const int on = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  });
  server.set_payload_max_length(kMaxBody);
  server.set_error_handler(SendHttpError);
  server.set_logger([](const httplib::Request& request, const httplib::Response& response) {
    if (request.path == "/healthz") return;
    std::cerr << request.method + " " + request.path + " " + std::to_string(response.status) + "\n";
  });
}

// Both signals are blocked in this and every later thread; only sigwait() receives them.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void StopOnSignal(const sigset_t& signals, const std::atomic<bool>& ended, httplib::Server& server) {
  int signal = 0;
  sigwait(&signals, &signal);
  // A signal may come before listen_after_bind() is under way, and stop() would be lost.
  while (!server.is_running() && !ended) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  if (!ended) server.stop();
}

}  // namespace

std::string Serve(const Config& config) {
  const sigset_t signals = BlockStopSignals();
  Handlers handlers(config.model, Now);
  httplib::Server server;
  Configure(server);
  AddRoutes(server, handlers);
  const std::string address = config.host + ":" + std::to_string(config.port);
  if (!server.bind_to_port(config.host, config.port)) return "cannot listen on " + address;
  std::cerr << "listening on " + address + ", model '" + config.model + "'\n";
  std::atomic<bool> ended = false;
  std::thread stopper(StopOnSignal, std::cref(signals), std::cref(ended), std::ref(server));
  const bool stopped = server.listen_after_bind();
  ended = true;
  if (!stopped) pthread_kill(stopper.native_handle(), SIGTERM);
  stopper.join();
  return stopped ? "" : "stopped listening on " + address;
}

}  // namespace repeater
