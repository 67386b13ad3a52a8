#include "packages/repeater/src/grpc_services.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "packages/repeater/proto/repeater.grpc.pb.h"
#include "packages/repeater/proto/repeater.pb.h"
#include "packages/repeater/src/handlers.h"
#include "packages/repeater/src/limits.h"

namespace repeater {
namespace {

namespace v1 = cowabunga::repeater::v1;

// A server without a port, and a channel to it.
class GrpcServicesTest : public testing::Test {
 protected:
  GrpcServicesTest() {
    grpc::ServerBuilder builder;
    services_.Register(builder);
    server_ = builder.BuildAndStart();
    channel_ = server_->InProcessChannel({});
  }

  v1::ChatRequest Question(const std::string& text) {
    v1::ChatRequest request;
    request.set_model("repeater");
    request.add_messages()->set_content("be brief");
    v1::ChatMessage* message = request.add_messages();
    message->set_role("user");
    message->set_content(text);
    return request;
  }

  Repeater repeater_{"repeater", [] { return std::int64_t{1700000000}; }};
  GrpcServices services_{repeater_};
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  grpc::ClientContext context_;
};

TEST_F(GrpcServicesTest, ChatRepeatsTheLastWordsOfTheUser) {
  v1::ChatResponse response;
  const auto stub = v1::ChatCompletions::NewStub(channel_);
  ASSERT_TRUE(stub->Complete(&context_, Question("the cow says moo"), &response).ok());
  EXPECT_EQ(response.created(), 1700000000);
  EXPECT_EQ(response.model(), "repeater");
  EXPECT_EQ(response.message().role(), "assistant");
  EXPECT_EQ(response.message().content(), "the cow says moo");
  EXPECT_EQ(response.finish_reason(), v1::FINISH_REASON_STOP);
  EXPECT_EQ(response.usage().prompt_tokens(), 6);
  EXPECT_EQ(response.usage().completion_tokens(), 4);
}

TEST_F(GrpcServicesTest, ChatStreamJoinsToTheAnswerAndSaysHowItEnded) {
  v1::ChatRequest request = Question("the cow says moo");
  request.set_max_tokens(2);
  const auto stub = v1::ChatCompletions::NewStub(channel_);
  const auto reader = stub->CompleteStream(&context_, request);
  std::vector<v1::ChatPart> parts(1);
  while (reader->Read(&parts.back())) parts.emplace_back();
  parts.pop_back();
  ASSERT_TRUE(reader->Finish().ok());
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[0].content() + parts[1].content() + parts[2].content(), "the cow");
  EXPECT_EQ(parts[1].finish_reason(), v1::FINISH_REASON_UNSPECIFIED);
  EXPECT_EQ(parts[2].finish_reason(), v1::FINISH_REASON_LENGTH);
  EXPECT_EQ(parts[2].usage().completion_tokens(), 2);
  EXPECT_EQ(parts[0].id(), parts[2].id());
}

TEST_F(GrpcServicesTest, CompletionRepeatsEveryPrompt) {
  v1::CompletionRequest request;
  request.set_model("repeater");
  request.add_prompts("moo");
  request.add_prompts("baa baa");
  request.set_max_tokens(1);
  v1::CompletionResponse response;
  ASSERT_TRUE(v1::Completions::NewStub(channel_)->Complete(&context_, request, &response).ok());
  ASSERT_EQ(response.choices_size(), 2);
  EXPECT_EQ(response.choices(0).text(), "moo");
  EXPECT_EQ(response.choices(0).finish_reason(), v1::FINISH_REASON_STOP);
  EXPECT_EQ(response.choices(1).text(), "baa");
  EXPECT_EQ(response.choices(1).finish_reason(), v1::FINISH_REASON_LENGTH);
  EXPECT_EQ(response.usage().prompt_tokens(), 3);
}

TEST_F(GrpcServicesTest, CompletionStreamSaysWhichPromptItAnswers) {
  v1::CompletionRequest request;
  request.set_model("repeater");
  request.add_prompts("moo");
  request.add_prompts("baa baa");
  const auto stub = v1::Completions::NewStub(channel_);
  const auto reader = stub->CompleteStream(&context_, request);
  std::vector<std::string> texts(2);
  v1::CompletionPart part;
  int count = 0, last_parts = 0;
  while (reader->Read(&part)) {
    texts.at(part.index()) += part.text();
    last_parts += part.finish_reason() == v1::FINISH_REASON_STOP;
    EXPECT_EQ(part.has_usage(), ++count == 5);
  }
  ASSERT_TRUE(reader->Finish().ok());
  EXPECT_EQ(texts, (std::vector<std::string>{"moo", "baa baa"}));
  EXPECT_EQ(last_parts, 2);
}

TEST_F(GrpcServicesTest, EmbeddingsAreThoseOfHttp) {
  v1::EmbeddingsRequest request;
  request.set_model("repeater");
  request.add_inputs("moo");
  v1::EmbeddingsResponse response;
  ASSERT_TRUE(v1::Embeddings::NewStub(channel_)->Embed(&context_, request, &response).ok());
  ASSERT_EQ(response.embeddings_size(), 1);
  const auto& values = response.embeddings(0).values();
  const Reply reply = Handlers(repeater_).Embeddings(R"({"model": "repeater", "input": "moo"})");
  EXPECT_EQ(std::vector<float>(values.begin(), values.end()),
            nlohmann::json::parse(reply.body)["data"][0]["embedding"].get<std::vector<float>>());
}

TEST_F(GrpcServicesTest, AudioIsHeardWholeAndInPieces) {
  v1::TranscriptionRequest request;
  request.set_model("repeater");
  request.set_audio("moo");
  v1::Transcription response;
  const auto stub = v1::Audio::NewStub(channel_);
  ASSERT_TRUE(stub->Transcribe(&context_, request, &response).ok());
  EXPECT_EQ(response.text(), "moo");

  grpc::ClientContext context;
  const auto writer = stub->TranscribeStream(&context, &response);
  for (const char* piece : {"RIFF", "\xff\xfe", "data"}) {
    request.set_audio(piece);
    ASSERT_TRUE(writer->Write(request));
    request.clear_model();
  }
  writer->WritesDone();
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_EQ(response.text(), "(a sound of 10 bytes)");
  EXPECT_EQ(response.audio_bytes(), 10);
}

TEST_F(GrpcServicesTest, ARecordingIsOfLimitedSize) {
  v1::TranscriptionRequest request;
  request.set_model("repeater");
  request.set_audio(std::string(kMaxRequest / 4, 'm'));
  v1::Transcription response;
  const auto stub = v1::Audio::NewStub(channel_);
  const auto writer = stub->TranscribeStream(&context_, &response);
  for (int i = 0; i < 5 && writer->Write(request); ++i) {
  }
  writer->WritesDone();
  EXPECT_EQ(writer->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(GrpcServicesTest, CountsTokensAndSaysItsName) {
  v1::TokenCountRequest request;
  request.set_model("repeater");
  request.set_text("the cow says moo");
  v1::TokenCount count;
  ASSERT_TRUE(v1::Tokens::NewStub(channel_)->Count(&context_, request, &count).ok());
  EXPECT_EQ(count.tokens(), 4);

  grpc::ClientContext context;
  v1::Name name;
  ASSERT_TRUE(v1::Identity::NewStub(channel_)->GetName(&context, {}, &name).ok());
  EXPECT_EQ(name.name(), "repeater");
}

TEST_F(GrpcServicesTest, ErrorsSayWhatIsWrong) {
  const auto stub = v1::ChatCompletions::NewStub(channel_);
  const auto error = [&](const v1::ChatRequest& request) {
    grpc::ClientContext context;
    v1::ChatResponse response;
    const grpc::Status status = stub->Complete(&context, request, &response);
    return std::to_string(status.error_code()) + " " + status.error_message();
  };
  v1::ChatRequest request;
  EXPECT_EQ(error(request), "5 the model '' does not exist, this server has 'repeater'");
  request.set_model("repeater");
  EXPECT_EQ(error(request), "3 there must be at least one message");
  request = Question("moo");
  request.set_max_tokens(0);
  EXPECT_EQ(error(request), "3 'max_tokens' must be a positive integer");
}

}  // namespace
}  // namespace repeater
