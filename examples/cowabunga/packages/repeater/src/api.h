// What is asked and answered, whatever the protocol. What is not needed to repeat something is left out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "packages/repeater/src/echo_model.h"

namespace repeater {

struct CompletionRequest {
  std::string model{};
  std::vector<std::string> prompts{};  // at least one
  std::optional<int> max_tokens{};     // at least 1
};

struct ChatMessage {
  std::string role{};
  std::string content{};
};

struct ChatRequest {
  std::string model{};
  std::vector<ChatMessage> messages{};  // at least one
  std::optional<int> max_tokens{};      // at least 1
};

struct EmbeddingsRequest {
  std::string model{};
  std::vector<std::string> inputs{};  // at least one
};

struct Usage {
  int prompt_tokens = 0;
  int completion_tokens = 0;
};

// What every completion carries.
struct ResponseHead {
  std::string id{};
  std::int64_t created = 0;  // seconds since 1970
  std::string model{};
};

struct Completion {
  ResponseHead head{};
  std::vector<Answer> answers{};  // one for each prompt
  Usage usage{};
};

struct ChatCompletion {
  ResponseHead head{};
  Answer answer{};
  Usage usage{};
};

struct Embeddings {
  std::string model{};
  std::vector<std::vector<float>> vectors{};  // one for each input
  Usage usage{};
};

}  // namespace repeater
