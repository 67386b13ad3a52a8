// Handlers: from the body of a request to a reply. They know the API and the model, not HTTP.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "packages/repeater/src/result.h"

namespace repeater {

struct Reply {
  int status = 200;
  std::string body{};                  // JSON, if `events` is empty
  std::vector<std::string> events{};   // a stream: the data of each server-sent event

  bool is_stream() const { return !events.empty(); }
};

Reply ErrorReply(const ApiError& error);

// All methods may be called from any thread.
class Handlers {
 public:
  // `clock` gives seconds since 1970.
  Handlers(std::string model, std::function<std::int64_t()> clock);

  Reply Completions(std::string_view body);
  Reply ChatCompletions(std::string_view body);
  Reply Embeddings(std::string_view body);
  Reply Models();

 private:
  std::string NextId(const char* prefix);
  // An error if `model` is not the one that is served.
  Reply UnknownModel(const std::string& model) const;

  const std::string model_;
  const std::function<std::int64_t()> clock_;
  const std::int64_t started_;
  std::atomic<std::uint64_t> requests_ = 0;
};

}  // namespace repeater
