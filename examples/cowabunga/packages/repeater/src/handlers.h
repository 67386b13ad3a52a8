// Handlers: from the body of a request to a reply. They know OpenAI's API as JSON, not HTTP.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "packages/repeater/src/repeater.h"
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
  // `repeater` outlives this.
  explicit Handlers(Repeater& repeater) : repeater_(repeater) {}

  Reply Completions(std::string_view body);
  Reply ChatCompletions(std::string_view body);
  Reply Embeddings(std::string_view body);
  Reply Models();

 private:
  Repeater& repeater_;
};

}  // namespace repeater
