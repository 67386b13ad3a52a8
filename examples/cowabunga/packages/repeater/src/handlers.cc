#include "packages/repeater/src/handlers.h"

#include <utility>

#include "packages/repeater/src/echo_model.h"
#include "packages/repeater/src/openai_requests.h"
#include "packages/repeater/src/openai_responses.h"

namespace repeater {
namespace {

constexpr char kEndOfStream[] = "[DONE]";

int CountTokens(std::string_view text) { return static_cast<int>(Tokenize(text).size()); }

Reply Stream(std::vector<std::string> chunks) {
  chunks.emplace_back(kEndOfStream);
  return Reply{.events = std::move(chunks)};
}

// What is repeated in a chat: the last thing the user said, or the last thing said.
const std::string& LastWords(const std::vector<ChatMessage>& messages) {
  for (auto message = messages.rbegin(); message != messages.rend(); ++message) {
    if (message->role == "user") return message->content;
  }
  return messages.back().content;
}

}  // namespace

Reply ErrorReply(const ApiError& error) { return Reply{.status = error.status, .body = ErrorBody(error)}; }

Handlers::Handlers(std::string model, std::function<std::int64_t()> clock)
    : model_(std::move(model)), clock_(std::move(clock)), started_(clock_()) {}

std::string Handlers::NextId(const char* prefix) {
  return prefix + std::to_string(started_) + "-" + std::to_string(++requests_);
}

Reply Handlers::UnknownModel(const std::string& model) const {
  return ErrorReply({.status = 404,
                     .message = "the model '" + model + "' does not exist, this server has '" + model_ + "'",
                     .param = "model",
                     .code = "model_not_found"});
}

Reply Handlers::Completions(std::string_view body) {
  const Result<CompletionRequest> request = ParseCompletionRequest(body);
  if (!request.ok()) return ErrorReply(request.error());
  if (request.value().model != model_) return UnknownModel(request.value().model);
  std::vector<Answer> answers;
  Usage usage;
  for (const std::string& prompt : request.value().prompts) {
    answers.push_back(Repeat(prompt, request.value().max_tokens));
    usage.prompt_tokens += CountTokens(prompt);
    usage.completion_tokens += static_cast<int>(answers.back().tokens.size());
  }
  const ResponseHead head{.id = NextId("cmpl-"), .created = clock_(), .model = model_};
  if (request.value().stream) return Stream(CompletionChunks(head, answers));
  return Reply{.body = CompletionBody(head, answers, usage)};
}

Reply Handlers::ChatCompletions(std::string_view body) {
  const Result<ChatRequest> request = ParseChatRequest(body);
  if (!request.ok()) return ErrorReply(request.error());
  if (request.value().model != model_) return UnknownModel(request.value().model);
  Usage usage;
  for (const ChatMessage& message : request.value().messages) usage.prompt_tokens += CountTokens(message.content);
  const Answer answer = Repeat(LastWords(request.value().messages), request.value().max_tokens);
  usage.completion_tokens = static_cast<int>(answer.tokens.size());
  const ResponseHead head{.id = NextId("chatcmpl-"), .created = clock_(), .model = model_};
  if (request.value().stream) return Stream(ChatChunks(head, answer));
  return Reply{.body = ChatBody(head, answer, usage)};
}

Reply Handlers::Embeddings(std::string_view body) {
  const Result<EmbeddingsRequest> request = ParseEmbeddingsRequest(body);
  if (!request.ok()) return ErrorReply(request.error());
  if (request.value().model != model_) return UnknownModel(request.value().model);
  std::vector<std::vector<float>> vectors;
  Usage usage;
  for (const std::string& input : request.value().inputs) {
    vectors.push_back(Embed(input));
    usage.prompt_tokens += CountTokens(input);
  }
  return Reply{.body = EmbeddingsBody(model_, vectors, usage)};
}

Reply Handlers::Models() { return Reply{.body = ModelsBody(model_, started_)}; }

}  // namespace repeater
