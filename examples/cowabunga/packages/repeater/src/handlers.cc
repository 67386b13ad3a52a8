#include "packages/repeater/src/handlers.h"

#include <utility>

#include "packages/repeater/src/openai_requests.h"
#include "packages/repeater/src/openai_responses.h"

namespace repeater {
namespace {

constexpr char kEndOfStream[] = "[DONE]";

Reply Stream(std::vector<std::string> chunks) {
  chunks.emplace_back(kEndOfStream);
  return Reply{.events = std::move(chunks)};
}

}  // namespace

Reply ErrorReply(const ApiError& error) { return Reply{.status = error.status, .body = ErrorBody(error)}; }

Reply Handlers::Completions(std::string_view body) {
  const auto parsed = ParseCompletionRequest(body);
  if (!parsed.ok()) return ErrorReply(parsed.error());
  const Result<Completion> completion = repeater_.Complete(parsed.value().request);
  if (!completion.ok()) return ErrorReply(completion.error());
  if (parsed.value().stream) return Stream(CompletionChunks(completion.value()));
  return Reply{.body = CompletionBody(completion.value())};
}

Reply Handlers::ChatCompletions(std::string_view body) {
  const auto parsed = ParseChatRequest(body);
  if (!parsed.ok()) return ErrorReply(parsed.error());
  const Result<ChatCompletion> completion = repeater_.Chat(parsed.value().request);
  if (!completion.ok()) return ErrorReply(completion.error());
  if (parsed.value().stream) return Stream(ChatChunks(completion.value()));
  return Reply{.body = ChatBody(completion.value())};
}

Reply Handlers::Embeddings(std::string_view body) {
  const Result<EmbeddingsRequest> request = ParseEmbeddingsRequest(body);
  if (!request.ok()) return ErrorReply(request.error());
  const auto embeddings = repeater_.Embed(request.value());
  if (!embeddings.ok()) return ErrorReply(embeddings.error());
  return Reply{.body = EmbeddingsBody(embeddings.value())};
}

Reply Handlers::Models() { return Reply{.body = ModelsBody(repeater_.model(), repeater_.started())}; }

}  // namespace repeater
