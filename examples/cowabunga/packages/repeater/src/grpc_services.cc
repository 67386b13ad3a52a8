#include "packages/repeater/src/grpc_services.h"

#include <grpcpp/grpcpp.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "packages/repeater/proto/repeater.grpc.pb.h"
#include "packages/repeater/proto/repeater.pb.h"
#include "packages/repeater/src/limits.h"

namespace repeater {
namespace {

namespace v1 = cowabunga::repeater::v1;

grpc::Status ToStatus(const ApiError& error) {
  const bool is_unknown = error.status == 404;
  return {is_unknown ? grpc::StatusCode::NOT_FOUND : grpc::StatusCode::INVALID_ARGUMENT, error.message};
}

template <typename Message>
std::optional<int> MaxTokens(const Message& request) {
  return request.has_max_tokens() ? std::optional<int>(request.max_tokens()) : std::nullopt;
}

CompletionRequest FromMessage(const v1::CompletionRequest& request) {
  return {.model = request.model(),
          .prompts = {request.prompts().begin(), request.prompts().end()},
          .max_tokens = MaxTokens(request)};
}

ChatRequest FromMessage(const v1::ChatRequest& request) {
  ChatRequest chat{.model = request.model(), .max_tokens = MaxTokens(request)};
  for (const v1::ChatMessage& message : request.messages()) {
    chat.messages.push_back({.role = message.role(), .content = message.content()});
  }
  return chat;
}

v1::FinishReason FinishReason(const Answer& answer) {
  return answer.truncated ? v1::FINISH_REASON_LENGTH : v1::FINISH_REASON_STOP;
}

void Fill(const Usage& usage, v1::Usage& message) {
  message.set_prompt_tokens(usage.prompt_tokens);
  message.set_completion_tokens(usage.completion_tokens);
}

template <typename Message>
void Fill(const ResponseHead& head, Message& message) {
  message.set_id(head.id);
  message.set_created(head.created);
  message.set_model(head.model);
}

// False if nobody listens any more.
template <typename Message>
bool SendAll(const std::vector<Message>& parts, grpc::ServerWriter<Message>& writer) {
  for (const Message& part : parts) {
    if (!writer.Write(part)) return false;
  }
  return true;
}

grpc::Status StreamStatus(bool is_sent) {
  return is_sent ? grpc::Status::OK : grpc::Status(grpc::StatusCode::CANCELLED, "the client is gone");
}

class ChatService final : public v1::ChatCompletions::Service {
 public:
  explicit ChatService(Repeater& repeater) : repeater_(repeater) {}

  grpc::Status Complete(grpc::ServerContext*, const v1::ChatRequest* request, v1::ChatResponse* response) override {
    const Result<ChatCompletion> completion = repeater_.Chat(FromMessage(*request));
    if (!completion.ok()) return ToStatus(completion.error());
    Fill(completion.value().head, *response);
    response->mutable_message()->set_role("assistant");
    response->mutable_message()->set_content(completion.value().answer.Text());
    response->set_finish_reason(FinishReason(completion.value().answer));
    Fill(completion.value().usage, *response->mutable_usage());
    return grpc::Status::OK;
  }

  grpc::Status CompleteStream(grpc::ServerContext*, const v1::ChatRequest* request,
                              grpc::ServerWriter<v1::ChatPart>* writer) override {
    const Result<ChatCompletion> completion = repeater_.Chat(FromMessage(*request));
    if (!completion.ok()) return ToStatus(completion.error());
    return StreamStatus(SendAll(Parts(completion.value()), *writer));
  }

 private:
  static std::vector<v1::ChatPart> Parts(const ChatCompletion& completion) {
    v1::ChatPart part;
    Fill(completion.head, part);
    std::vector<v1::ChatPart> parts(completion.answer.tokens.size() + 1, part);
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) parts[i].set_content(completion.answer.tokens[i]);
    parts.back().set_finish_reason(FinishReason(completion.answer));
    Fill(completion.usage, *parts.back().mutable_usage());
    return parts;
  }

  Repeater& repeater_;
};

class CompletionService final : public v1::Completions::Service {
 public:
  explicit CompletionService(Repeater& repeater) : repeater_(repeater) {}

  grpc::Status Complete(grpc::ServerContext*, const v1::CompletionRequest* request,
                        v1::CompletionResponse* response) override {
    const Result<Completion> completion = repeater_.Complete(FromMessage(*request));
    if (!completion.ok()) return ToStatus(completion.error());
    Fill(completion.value().head, *response);
    for (const Answer& answer : completion.value().answers) {
      v1::CompletionResponse::Choice* choice = response->add_choices();
      choice->set_text(answer.Text());
      choice->set_finish_reason(FinishReason(answer));
    }
    Fill(completion.value().usage, *response->mutable_usage());
    return grpc::Status::OK;
  }

  grpc::Status CompleteStream(grpc::ServerContext*, const v1::CompletionRequest* request,
                              grpc::ServerWriter<v1::CompletionPart>* writer) override {
    const Result<Completion> completion = repeater_.Complete(FromMessage(*request));
    if (!completion.ok()) return ToStatus(completion.error());
    return StreamStatus(SendAll(Parts(completion.value()), *writer));
  }

 private:
  static std::vector<v1::CompletionPart> Parts(const Completion& completion) {
    std::vector<v1::CompletionPart> parts;
    for (std::size_t i = 0; i < completion.answers.size(); ++i) {
      v1::CompletionPart part;
      Fill(completion.head, part);
      part.set_index(static_cast<int>(i));
      for (const std::string& token : completion.answers[i].tokens) {
        parts.push_back(part);
        parts.back().set_text(token);
      }
      part.set_finish_reason(FinishReason(completion.answers[i]));
      parts.push_back(part);
    }
    Fill(completion.usage, *parts.back().mutable_usage());
    return parts;
  }

  Repeater& repeater_;
};

class EmbeddingsService final : public v1::Embeddings::Service {
 public:
  explicit EmbeddingsService(Repeater& repeater) : repeater_(repeater) {}

  grpc::Status Embed(grpc::ServerContext*, const v1::EmbeddingsRequest* request,
                     v1::EmbeddingsResponse* response) override {
    const auto embeddings = repeater_.Embed(
        {.model = request->model(), .inputs = {request->inputs().begin(), request->inputs().end()}});
    if (!embeddings.ok()) return ToStatus(embeddings.error());
    response->set_model(embeddings.value().model);
    for (const std::vector<float>& vector : embeddings.value().vectors) {
      response->add_embeddings()->mutable_values()->Add(vector.begin(), vector.end());
    }
    Fill(embeddings.value().usage, *response->mutable_usage());
    return grpc::Status::OK;
  }

 private:
  Repeater& repeater_;
};

class AudioService final : public v1::Audio::Service {
 public:
  explicit AudioService(Repeater& repeater) : repeater_(repeater) {}

  grpc::Status Transcribe(grpc::ServerContext*, const v1::TranscriptionRequest* request,
                          v1::Transcription* response) override {
    return Answer(request->model(), request->audio(), *response);
  }

  grpc::Status TranscribeStream(grpc::ServerContext*, grpc::ServerReader<v1::TranscriptionRequest>* reader,
                                v1::Transcription* response) override {
    std::string model, audio;
    v1::TranscriptionRequest piece;
    while (reader->Read(&piece)) {
      if (model.empty()) model = piece.model();
      if (!piece.model().empty() && piece.model() != model) {
        return {grpc::StatusCode::INVALID_ARGUMENT, "one recording cannot be for two models"};
      }
      if (audio.size() + piece.audio().size() > kMaxRequest) {
        return {grpc::StatusCode::RESOURCE_EXHAUSTED,
                "the recording is larger than " + std::to_string(kMaxRequest) + " bytes"};
      }
      audio += piece.audio();
    }
    return Answer(model, audio, *response);
  }

 private:
  grpc::Status Answer(const std::string& model, const std::string& audio, v1::Transcription& response) const {
    const Result<std::string> text = repeater_.Transcribe(model, audio);
    if (!text.ok()) return ToStatus(text.error());
    response.set_model(model);
    response.set_text(text.value());
    response.set_audio_bytes(static_cast<std::int64_t>(audio.size()));
    return grpc::Status::OK;
  }

  Repeater& repeater_;
};

class TokenService final : public v1::Tokens::Service {
 public:
  explicit TokenService(Repeater& repeater) : repeater_(repeater) {}

  grpc::Status Count(grpc::ServerContext*, const v1::TokenCountRequest* request, v1::TokenCount* response) override {
    const Result<int> tokens = repeater_.CountTokens(request->model(), request->text());
    if (!tokens.ok()) return ToStatus(tokens.error());
    response->set_tokens(tokens.value());
    return grpc::Status::OK;
  }

 private:
  Repeater& repeater_;
};

class IdentityService final : public v1::Identity::Service {
 public:
  explicit IdentityService(Repeater& repeater) : repeater_(repeater) {}

  grpc::Status GetName(grpc::ServerContext*, const v1::NameRequest*, v1::Name* response) override {
    response->set_name(repeater_.model());
    return grpc::Status::OK;
  }

 private:
  Repeater& repeater_;
};

}  // namespace

struct GrpcServices::Services {
  explicit Services(Repeater& repeater)
      : chat(repeater),
        completion(repeater),
        embeddings(repeater),
        audio(repeater),
        tokens(repeater),
        identity(repeater) {}

  ChatService chat;
  CompletionService completion;
  EmbeddingsService embeddings;
  AudioService audio;
  TokenService tokens;
  IdentityService identity;
};

GrpcServices::GrpcServices(Repeater& repeater) : services_(std::make_unique<Services>(repeater)) {}

GrpcServices::~GrpcServices() = default;

void GrpcServices::Register(grpc::ServerBuilder& builder) {
  builder.RegisterService(&services_->chat);
  builder.RegisterService(&services_->completion);
  builder.RegisterService(&services_->embeddings);
  builder.RegisterService(&services_->audio);
  builder.RegisterService(&services_->tokens);
  builder.RegisterService(&services_->identity);
}

}  // namespace repeater
