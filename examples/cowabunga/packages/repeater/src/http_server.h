// HttpServer: OpenAI's API over HTTP.
#pragma once

#include <memory>
#include <string>

#include "packages/repeater/src/repeater.h"

namespace repeater {

class HttpServer {
 public:
  // `repeater` outlives this.
  explicit HttpServer(Repeater& repeater);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  // False if the address cannot be had.
  bool Bind(const std::string& host, int port);

  // After Bind: answers requests until Stop(); those that are being answered then are finished. False if it ended
  // otherwise.
  bool Run();

  // From another thread, before or while Run() runs, or after it.
  void Stop();

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace repeater
