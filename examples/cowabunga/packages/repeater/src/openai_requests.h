// Requests of the OpenAI API as JSON text, parsed. What is not needed to repeat something is ignored.
#pragma once

#include <string_view>

#include "packages/repeater/src/api.h"
#include "packages/repeater/src/result.h"

namespace repeater {

// A request that may be answered by a stream of events.
template <typename Request>
struct Streamable {
  Request request{};
  bool stream = false;
};

// `body` is the JSON text of the HTTP request. Errors have status 400 and name the field.
Result<Streamable<CompletionRequest>> ParseCompletionRequest(std::string_view body);
Result<Streamable<ChatRequest>> ParseChatRequest(std::string_view body);
Result<EmbeddingsRequest> ParseEmbeddingsRequest(std::string_view body);

}  // namespace repeater
