#include "packages/repeater/src/openai_responses.h"

#include <nlohmann/json.hpp>

namespace repeater {
namespace {

using Json = nlohmann::json;

// Bytes that are not UTF-8 (in a URL, say) are replaced, so that this cannot fail.
std::string Text(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json NullIfEmpty(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json ToJson(const Usage& usage) {
  return {{"prompt_tokens", usage.prompt_tokens},
          {"completion_tokens", usage.completion_tokens},
          {"total_tokens", usage.prompt_tokens + usage.completion_tokens}};
}

Json Head(const ResponseHead& head, const char* object) {
  return {{"id", head.id}, {"object", object}, {"created", head.created}, {"model", head.model}};
}

const char* FinishReason(const Answer& answer) { return answer.truncated ? "length" : "stop"; }

Json CompletionChoice(std::size_t index, const std::string& text, const Json& finish_reason) {
  return {{"index", index}, {"text", text}, {"logprobs", nullptr}, {"finish_reason", finish_reason}};
}

std::string ChatChunk(const ResponseHead& head, const Json& delta, const Json& finish_reason) {
  Json chunk = Head(head, "chat.completion.chunk");
  chunk["choices"] = Json::array({{{"index", 0}, {"delta", delta}, {"finish_reason", finish_reason}}});
  return Text(chunk);
}

}  // namespace

std::string ErrorBody(const ApiError& error) {
  const char* type = error.status >= 500 ? "server_error" : "invalid_request_error";
  return Text({{"error",
                {{"message", error.message},
                 {"type", type},
                 {"param", NullIfEmpty(error.param)},
                 {"code", NullIfEmpty(error.code)}}}});
}

std::string ModelsBody(const std::string& model, std::int64_t created) {
  const Json entry = {{"id", model}, {"object", "model"}, {"created", created}, {"owned_by", "cowabunga"}};
  return Text({{"object", "list"}, {"data", Json::array({entry})}});
}

std::string CompletionBody(const Completion& completion) {
  Json body = Head(completion.head, "text_completion");
  body["choices"] = Json::array();
  for (std::size_t i = 0; i < completion.answers.size(); ++i) {
    const Answer& answer = completion.answers[i];
    body["choices"].push_back(CompletionChoice(i, answer.Text(), FinishReason(answer)));
  }
  body["usage"] = ToJson(completion.usage);
  return Text(body);
}

std::string ChatBody(const ChatCompletion& completion) {
  const Answer& answer = completion.answer;
  Json body = Head(completion.head, "chat.completion");
  const Json message = {{"role", "assistant"}, {"content", answer.Text()}};
  body["choices"] = Json::array({{{"index", 0}, {"message", message}, {"finish_reason", FinishReason(answer)}}});
  body["usage"] = ToJson(completion.usage);
  return Text(body);
}

std::string EmbeddingsBody(const Embeddings& embeddings) {
  Json data = Json::array();
  for (std::size_t i = 0; i < embeddings.vectors.size(); ++i) {
    data.push_back({{"object", "embedding"}, {"index", i}, {"embedding", embeddings.vectors[i]}});
  }
  const int tokens = embeddings.usage.prompt_tokens;
  return Text({{"object", "list"},
               {"model", embeddings.model},
               {"data", data},
               {"usage", {{"prompt_tokens", tokens}, {"total_tokens", tokens}}}});
}

std::vector<std::string> CompletionChunks(const Completion& completion) {
  std::vector<std::string> chunks;
  const auto add = [&](std::size_t index, const std::string& text, const Json& finish_reason) {
    Json chunk = Head(completion.head, "text_completion");
    chunk["choices"] = Json::array({CompletionChoice(index, text, finish_reason)});
    chunks.push_back(Text(chunk));
  };
  for (std::size_t i = 0; i < completion.answers.size(); ++i) {
    for (const std::string& token : completion.answers[i].tokens) add(i, token, nullptr);
    add(i, "", FinishReason(completion.answers[i]));
  }
  return chunks;
}

std::vector<std::string> ChatChunks(const ChatCompletion& completion) {
  std::vector<std::string> chunks;
  chunks.push_back(ChatChunk(completion.head, {{"role", "assistant"}, {"content", ""}}, nullptr));
  for (const std::string& token : completion.answer.tokens) {
    chunks.push_back(ChatChunk(completion.head, {{"content", token}}, nullptr));
  }
  chunks.push_back(ChatChunk(completion.head, Json::object(), FinishReason(completion.answer)));
  return chunks;
}

}  // namespace repeater
