#include "packages/repeater/src/repeater.h"

#include <optional>
#include <utility>
#include <vector>

#include "packages/repeater/src/echo_model.h"

namespace repeater {
namespace {

int TokensIn(std::string_view text) { return static_cast<int>(Tokenize(text).size()); }

ApiError Bad(std::string message, std::string param) {
  return ApiError{.status = 400, .message = std::move(message), .param = std::move(param)};
}

std::optional<ApiError> CheckLimit(std::optional<int> max_tokens) {
  if (max_tokens.value_or(1) >= 1) return std::nullopt;
  return Bad("'max_tokens' must be a positive integer", "max_tokens");
}

// What is repeated in a chat: the last thing the user said, or the last thing said.
const std::string& LastWords(const std::vector<ChatMessage>& messages) {
  for (auto message = messages.rbegin(); message != messages.rend(); ++message) {
    if (message->role == "user") return message->content;
  }
  return messages.back().content;
}

}  // namespace

Repeater::Repeater(std::string model, std::function<std::int64_t()> clock)
    : model_(std::move(model)), clock_(std::move(clock)), started_(clock_()) {}

ResponseHead Repeater::NextHead(const char* id_prefix) {
  const std::string id = id_prefix + std::to_string(started_) + "-" + std::to_string(++requests_);
  return {.id = id, .created = clock_(), .model = model_};
}

ApiError Repeater::UnknownModel(const std::string& model) const {
  return {.status = 404,
          .message = "the model '" + model + "' does not exist, this server has '" + model_ + "'",
          .param = "model",
          .code = "model_not_found"};
}

Result<Completion> Repeater::Complete(const CompletionRequest& request) {
  if (request.model != model_) return UnknownModel(request.model);
  if (request.prompts.empty()) return Bad("there must be at least one prompt", "prompt");
  if (auto error = CheckLimit(request.max_tokens)) return *error;
  Completion completion;
  for (const std::string& prompt : request.prompts) {
    completion.answers.push_back(Repeat(prompt, request.max_tokens));
    completion.usage.prompt_tokens += TokensIn(prompt);
    completion.usage.completion_tokens += static_cast<int>(completion.answers.back().tokens.size());
  }
  completion.head = NextHead("cmpl-");
  return completion;
}

Result<ChatCompletion> Repeater::Chat(const ChatRequest& request) {
  if (request.model != model_) return UnknownModel(request.model);
  if (request.messages.empty()) return Bad("there must be at least one message", "messages");
  if (auto error = CheckLimit(request.max_tokens)) return *error;
  ChatCompletion completion;
  for (const ChatMessage& message : request.messages) completion.usage.prompt_tokens += TokensIn(message.content);
  completion.answer = Repeat(LastWords(request.messages), request.max_tokens);
  completion.usage.completion_tokens = static_cast<int>(completion.answer.tokens.size());
  completion.head = NextHead("chatcmpl-");
  return completion;
}

Result<Embeddings> Repeater::Embed(const EmbeddingsRequest& request) const {
  if (request.model != model_) return UnknownModel(request.model);
  if (request.inputs.empty()) return Bad("there must be at least one input", "input");
  Embeddings embeddings{.model = model_};
  for (const std::string& input : request.inputs) {
    embeddings.vectors.push_back(repeater::Embed(input));
    embeddings.usage.prompt_tokens += TokensIn(input);
  }
  return embeddings;
}

Result<std::string> Repeater::Transcribe(const std::string& model, std::string_view audio) const {
  if (model != model_) return UnknownModel(model);
  if (audio.empty()) return Bad("there is no audio", "audio");
  return Hear(audio);
}

Result<int> Repeater::CountTokens(const std::string& model, std::string_view text) const {
  if (model != model_) return UnknownModel(model);
  return TokensIn(text);
}

}  // namespace repeater
