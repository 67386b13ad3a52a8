#include "packages/repeater/src/server.h"

#include <pthread.h>
#include <signal.h>

#include <chrono>
#include <iostream>
#include <thread>

#include "packages/repeater/src/grpc_server.h"
#include "packages/repeater/src/http_server.h"
#include "packages/repeater/src/repeater.h"

namespace repeater {
namespace {

std::int64_t Now() {
  using std::chrono::system_clock;
  return std::chrono::duration_cast<std::chrono::seconds>(system_clock::now().time_since_epoch()).count();
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

std::string Address(const Config& config, int port) { return config.host + ":" + std::to_string(port); }

}  // namespace

std::string Serve(const Config& config) {
  const sigset_t signals = BlockStopSignals();
  Repeater repeater(config.model, Now);
  HttpServer http(repeater);
  GrpcServer grpc(repeater);
  if (!http.Bind(config.host, config.port)) return "cannot listen on " + Address(config, config.port);
  if (!grpc.Start(config.host, config.grpc_port)) return "cannot listen on " + Address(config, config.grpc_port);
  std::cerr << "listening on " + Address(config, config.port) + " (HTTP) and " + Address(config, config.grpc_port) +
                   " (gRPC), model '" + config.model + "'\n";
  std::thread stopper([&signals, &http] {
    int signal = 0;
    sigwait(&signals, &signal);
    http.Stop();
  });
  const bool stopped = http.Run();
  if (!stopped) pthread_kill(stopper.native_handle(), SIGTERM);
  stopper.join();
  return stopped ? "" : "stopped listening on " + Address(config, config.port);
}

}  // namespace repeater
