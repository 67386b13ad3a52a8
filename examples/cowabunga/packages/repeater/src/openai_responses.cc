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

std::string CompletionBody(const ResponseHead& head, const std::vector<Answer>& answers, const Usage& usage) {
  Json body = Head(head, "text_completion");
  body["choices"] = Json::array();
  for (std::size_t i = 0; i < answers.size(); ++i) {
    body["choices"].push_back(CompletionChoice(i, answers[i].Text(), FinishReason(answers[i])));
  }
  body["usage"] = ToJson(usage);
  return Text(body);
}

std::string ChatBody(const ResponseHead& head, const Answer& answer, const Usage& usage) {
  Json body = Head(head, "chat.completion");
  const Json message = {{"role", "assistant"}, {"content", answer.Text()}};
  body["choices"] = Json::array({{{"index", 0}, {"message", message}, {"finish_reason", FinishReason(answer)}}});
  body["usage"] = ToJson(usage);
  return Text(body);
}

std::string EmbeddingsBody(const std::string& model, const std::vector<std::vector<float>>& vectors,
                           const Usage& usage) {
  Json data = Json::array();
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    data.push_back({{"object", "embedding"}, {"index", i}, {"embedding", vectors[i]}});
  }
  return Text({{"object", "list"},
               {"model", model},
               {"data", data},
               {"usage", {{"prompt_tokens", usage.prompt_tokens}, {"total_tokens", usage.prompt_tokens}}}});
}

std::vector<std::string> CompletionChunks(const ResponseHead& head, const std::vector<Answer>& answers) {
  std::vector<std::string> chunks;
  const auto add = [&](std::size_t index, const std::string& text, const Json& finish_reason) {
    Json chunk = Head(head, "text_completion");
    chunk["choices"] = Json::array({CompletionChoice(index, text, finish_reason)});
    chunks.push_back(Text(chunk));
  };
  for (std::size_t i = 0; i < answers.size(); ++i) {
    for (const std::string& token : answers[i].tokens) add(i, token, nullptr);
    add(i, "", FinishReason(answers[i]));
  }
  return chunks;
}

std::vector<std::string> ChatChunks(const ResponseHead& head, const Answer& answer) {
  std::vector<std::string> chunks;
  chunks.push_back(ChatChunk(head, {{"role", "assistant"}, {"content", ""}}, nullptr));
  for (const std::string& token : answer.tokens) {
    chunks.push_back(ChatChunk(head, {{"content", token}}, nullptr));
  }
  chunks.push_back(ChatChunk(head, Json::object(), FinishReason(answer)));
  return chunks;
}

}  // namespace repeater
