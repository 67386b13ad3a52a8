// Requests of the OpenAI API, parsed and checked. What is not needed to repeat something is ignored.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "packages/repeater/src/result.h"

namespace repeater {

struct CompletionRequest {
  std::string model{};
  std::vector<std::string> prompts{};
  std::optional<int> max_tokens{};
  bool stream = false;
};

struct ChatMessage {
  std::string role{};
  std::string content{};
};

struct ChatRequest {
  std::string model{};
  std::vector<ChatMessage> messages{};  // at least one
  std::optional<int> max_tokens{};
  bool stream = false;
};

struct EmbeddingsRequest {
  std::string model{};
  std::vector<std::string> inputs{};
};

// `body` is the JSON text of the HTTP request. Errors have status 400 and name the field.
Result<CompletionRequest> ParseCompletionRequest(std::string_view body);
Result<ChatRequest> ParseChatRequest(std::string_view body);
Result<EmbeddingsRequest> ParseEmbeddingsRequest(std::string_view body);

}  // namespace repeater
