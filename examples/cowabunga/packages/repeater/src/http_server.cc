#include "packages/repeater/src/http_server.h"

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <iostream>
#include <thread>

#include "packages/repeater/src/handlers.h"
#include "packages/repeater/src/limits.h"

namespace repeater {
namespace {

constexpr char kJson[] = "application/json";

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
    error.message = "the body of the request is larger than " + std::to_string(kMaxRequest) + " bytes";
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
  server.set_payload_max_length(kMaxRequest);
  server.set_error_handler(SendHttpError);
  server.set_logger([](const httplib::Request& request, const httplib::Response& response) {
    if (request.path == "/healthz") return;
    std::cerr << request.method + " " + request.path + " " + std::to_string(response.status) + "\n";
  });
}

}  // namespace

struct HttpServer::State {
  explicit State(Repeater& repeater) : handlers(repeater) {}

  Handlers handlers;
  httplib::Server server{};
  std::atomic<bool> ended = false;
};

HttpServer::HttpServer(Repeater& repeater) : state_(std::make_unique<State>(repeater)) {
  Configure(state_->server);
  AddRoutes(state_->server, state_->handlers);
}

HttpServer::~HttpServer() = default;

bool HttpServer::Bind(const std::string& host, int port) { return state_->server.bind_to_port(host, port); }

bool HttpServer::Run() {
  const bool stopped = state_->server.listen_after_bind();
  state_->ended = true;
  return stopped;
}

void HttpServer::Stop() {
  // Before listen_after_bind() is under way stop() would be lost.
  while (!state_->server.is_running() && !state_->ended) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  if (!state_->ended) state_->server.stop();
}

}  // namespace repeater
