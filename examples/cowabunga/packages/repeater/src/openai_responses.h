// Responses of the OpenAI API as JSON text: whole ones, and the chunks of a stream.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "packages/repeater/src/echo_model.h"
#include "packages/repeater/src/result.h"

namespace repeater {

// What every response carries.
struct ResponseHead {
  std::string id{};
  std::int64_t created = 0;  // seconds since 1970
  std::string model{};
};

struct Usage {
  int prompt_tokens = 0;
  int completion_tokens = 0;
};

std::string ErrorBody(const ApiError& error);
std::string ModelsBody(const std::string& model, std::int64_t created);
std::string CompletionBody(const ResponseHead& head, const std::vector<Answer>& answers, const Usage& usage);
std::string ChatBody(const ResponseHead& head, const Answer& answer, const Usage& usage);
std::string EmbeddingsBody(const std::string& model, const std::vector<std::vector<float>>& vectors,
                           const Usage& usage);

// One JSON text per server-sent event, in order, without the closing "[DONE]".
std::vector<std::string> CompletionChunks(const ResponseHead& head, const std::vector<Answer>& answers);
std::vector<std::string> ChatChunks(const ResponseHead& head, const Answer& answer);

}  // namespace repeater
