// Repeater: the service itself, between the protocols (HTTP, gRPC) and the model.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "packages/repeater/src/api.h"
#include "packages/repeater/src/result.h"

namespace repeater {

// All methods may be called from any thread. Errors have status 400 and name the field, or 404 for another model.
class Repeater {
 public:
  // `model` is the name requests have to give; `clock` gives seconds since 1970.
  Repeater(std::string model, std::function<std::int64_t()> clock);

  Result<Completion> Complete(const CompletionRequest& request);
  Result<ChatCompletion> Chat(const ChatRequest& request);
  Result<Embeddings> Embed(const EmbeddingsRequest& request) const;

  // What is heard in a recording.
  Result<std::string> Transcribe(const std::string& model, std::string_view audio) const;
  Result<int> CountTokens(const std::string& model, std::string_view text) const;

  const std::string& model() const { return model_; }
  std::int64_t started() const { return started_; }

 private:
  ResponseHead NextHead(const char* id_prefix);
  ApiError UnknownModel(const std::string& model) const;

  const std::string model_;
  const std::function<std::int64_t()> clock_;
  const std::int64_t started_;
  std::atomic<std::uint64_t> requests_ = 0;
};

}  // namespace repeater
