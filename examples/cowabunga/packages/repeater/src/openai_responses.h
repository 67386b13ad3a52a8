// Responses of the OpenAI API as JSON text: whole ones, and the chunks of a stream.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "packages/repeater/src/api.h"
#include "packages/repeater/src/result.h"

namespace repeater {

std::string ErrorBody(const ApiError& error);
std::string ModelsBody(const std::string& model, std::int64_t created);
std::string CompletionBody(const Completion& completion);
std::string ChatBody(const ChatCompletion& completion);
std::string EmbeddingsBody(const Embeddings& embeddings);

// One JSON text per server-sent event, in order, without the closing "[DONE]".
std::vector<std::string> CompletionChunks(const Completion& completion);
std::vector<std::string> ChatChunks(const ChatCompletion& completion);

}  // namespace repeater
