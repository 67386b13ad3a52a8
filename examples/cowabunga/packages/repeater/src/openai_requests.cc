#include "packages/repeater/src/openai_requests.h"

#include <climits>
#include <nlohmann/json.hpp>

namespace repeater {
namespace {

using Json = nlohmann::json;

ApiError Bad(std::string message, std::string param = "") {
  return ApiError{.status = 400, .message = std::move(message), .param = std::move(param)};
}

Result<Json> ParseObject(std::string_view body) {
  Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return Bad("the body of the request is not valid JSON");
  if (!json.is_object()) return Bad("the body of the request must be a JSON object");
  return json;
}

// The member `name`, or null: a null member counts as absent.
const Json* Find(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

Result<std::string> RequiredString(const Json& object, const char* name) {
  const Json* value = Find(object, name);
  if (value == nullptr) return Bad(std::string("you must provide '") + name + "'", name);
  if (!value->is_string()) return Bad(std::string("'") + name + "' must be a string", name);
  return value->get<std::string>();
}

// A string, or an array of strings.
Result<std::vector<std::string>> RequiredStrings(const Json& object, const char* name) {
  const Json* value = Find(object, name);
  if (value == nullptr) return Bad(std::string("you must provide '") + name + "'", name);
  if (value->is_string()) return std::vector<std::string>{value->get<std::string>()};
  const ApiError wrong = Bad(std::string("'") + name + "' must be a string or an array of strings", name);
  if (!value->is_array() || value->empty()) return wrong;
  std::vector<std::string> strings;
  for (const Json& item : *value) {
    if (!item.is_string()) return wrong;
    strings.push_back(item.get<std::string>());
  }
  return strings;
}

Result<std::optional<int>> OptionalCount(const Json& object, const char* name) {
  const Json* value = Find(object, name);
  if (value == nullptr) return std::optional<int>();
  if (!value->is_number_unsigned() || value->get<std::uint64_t>() < 1 || value->get<std::uint64_t>() > INT_MAX) {
    return Bad(std::string("'") + name + "' must be a positive integer", name);
  }
  return std::optional<int>(value->get<int>());
}

Result<bool> OptionalBool(const Json& object, const char* name) {
  const Json* value = Find(object, name);
  if (value == nullptr) return false;
  if (!value->is_boolean()) return Bad(std::string("'") + name + "' must be true or false", name);
  return value->get<bool>();
}

// Content is a string, or an array of parts of which the text parts count.
Result<std::string> Content(const Json& message) {
  const Json* content = Find(message, "content");
  if (content == nullptr) return std::string();
  if (content->is_string()) return content->get<std::string>();
  if (!content->is_array()) return Bad("'content' must be a string or an array of parts", "messages");
  std::string text;
  for (const Json& part : *content) {
    if (!part.is_object() || part.value("type", Json()) != "text") continue;
    const Result<std::string> piece = RequiredString(part, "text");
    if (!piece.ok()) return piece.error();
    text += piece.value();
  }
  return text;
}

Result<std::vector<ChatMessage>> Messages(const Json& object) {
  const Json* value = Find(object, "messages");
  if (value == nullptr || !value->is_array() || value->empty()) {
    return Bad("'messages' must be an array of at least one message", "messages");
  }
  std::vector<ChatMessage> messages;
  for (const Json& item : *value) {
    if (!item.is_object()) return Bad("each message must be an object", "messages");
    const Result<std::string> role = RequiredString(item, "role");
    if (!role.ok()) return Bad("each message must have a 'role'", "messages");
    const Result<std::string> content = Content(item);
    if (!content.ok()) return content.error();
    messages.push_back({.role = role.value(), .content = content.value()});
  }
  return messages;
}

}  // namespace

Result<Streamable<CompletionRequest>> ParseCompletionRequest(std::string_view body) {
  const Result<Json> json = ParseObject(body);
  if (!json.ok()) return json.error();
  const auto model = RequiredString(json.value(), "model");
  if (!model.ok()) return model.error();
  const auto prompts = RequiredStrings(json.value(), "prompt");
  if (!prompts.ok()) return prompts.error();
  const auto max_tokens = OptionalCount(json.value(), "max_tokens");
  if (!max_tokens.ok()) return max_tokens.error();
  const auto stream = OptionalBool(json.value(), "stream");
  if (!stream.ok()) return stream.error();
  return Streamable<CompletionRequest>{
      .request = {.model = model.value(), .prompts = prompts.value(), .max_tokens = max_tokens.value()},
      .stream = stream.value()};
}

Result<Streamable<ChatRequest>> ParseChatRequest(std::string_view body) {
  const Result<Json> json = ParseObject(body);
  if (!json.ok()) return json.error();
  const auto model = RequiredString(json.value(), "model");
  if (!model.ok()) return model.error();
  const auto messages = Messages(json.value());
  if (!messages.ok()) return messages.error();
  // Newer clients say max_completion_tokens.
  const bool is_new = Find(json.value(), "max_completion_tokens") != nullptr;
  const auto max_tokens = OptionalCount(json.value(), is_new ? "max_completion_tokens" : "max_tokens");
  if (!max_tokens.ok()) return max_tokens.error();
  const auto stream = OptionalBool(json.value(), "stream");
  if (!stream.ok()) return stream.error();
  return Streamable<ChatRequest>{
      .request = {.model = model.value(), .messages = messages.value(), .max_tokens = max_tokens.value()},
      .stream = stream.value()};
}

Result<EmbeddingsRequest> ParseEmbeddingsRequest(std::string_view body) {
  const Result<Json> json = ParseObject(body);
  if (!json.ok()) return json.error();
  const auto model = RequiredString(json.value(), "model");
  if (!model.ok()) return model.error();
  const auto inputs = RequiredStrings(json.value(), "input");
  if (!inputs.ok()) return inputs.error();
  return EmbeddingsRequest{.model = model.value(), .inputs = inputs.value()};
}

}  // namespace repeater
