#include "packages/repeater/src/handlers.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace repeater {
namespace {

using Json = nlohmann::json;

class HandlersTest : public testing::Test {
 protected:
  Repeater repeater_{"repeater", [] { return std::int64_t{1700000000}; }};
  Handlers handlers_{repeater_};
};

Json Error(const Reply& reply) { return Json::parse(reply.body).at("error"); }

TEST_F(HandlersTest, CompletionRepeatsEveryPrompt) {
  const Reply reply = handlers_.Completions(R"({"model": "repeater", "prompt": ["moo", "baa baa"]})");
  ASSERT_EQ(reply.status, 200);
  const Json body = Json::parse(reply.body);
  EXPECT_EQ(body["object"], "text_completion");
  EXPECT_EQ(body["created"], 1700000000);
  EXPECT_EQ(body["choices"][0]["text"], "moo");
  EXPECT_EQ(body["choices"][1]["text"], "baa baa");
  EXPECT_EQ(body["usage"]["total_tokens"], 6);
}

TEST_F(HandlersTest, CompletionSaysWhenItWasCut) {
  const Reply reply = handlers_.Completions(R"({"model": "repeater", "prompt": "a b c", "max_tokens": 2})");
  const Json choice = Json::parse(reply.body)["choices"][0];
  EXPECT_EQ(choice["text"], "a b");
  EXPECT_EQ(choice["finish_reason"], "length");
}

TEST_F(HandlersTest, ChatRepeatsTheLastWordsOfTheUser) {
  const Reply reply = handlers_.ChatCompletions(R"({"model": "repeater", "messages": [
      {"role": "system", "content": "be brief"},
      {"role": "user", "content": "one"},
      {"role": "assistant", "content": "one"},
      {"role": "user", "content": [{"type": "text", "text": "two"}]}]})");
  ASSERT_EQ(reply.status, 200);
  const Json choice = Json::parse(reply.body)["choices"][0];
  EXPECT_EQ(choice["message"], (Json{{"role", "assistant"}, {"content", "two"}}));
  EXPECT_EQ(choice["finish_reason"], "stop");
}

TEST_F(HandlersTest, StreamJoinsToTheWholeAnswerAndEndsWithDone) {
  const Reply reply = handlers_.ChatCompletions(
      R"({"model": "repeater", "stream": true, "messages": [{"role": "user", "content": "the cow says moo"}]})");
  ASSERT_TRUE(reply.is_stream());
  EXPECT_EQ(reply.events.back(), "[DONE]");
  std::string text;
  for (std::size_t i = 0; i + 1 < reply.events.size(); ++i) {
    const Json choice = Json::parse(reply.events[i])["choices"][0];
    text += choice["delta"].value("content", "");
    EXPECT_EQ(choice["finish_reason"].is_null(), i + 2 < reply.events.size());
  }
  EXPECT_EQ(text, "the cow says moo");
}

TEST_F(HandlersTest, CompletionStreamHasOneChunkPerTokenAndAnEnd) {
  const Reply reply = handlers_.Completions(R"({"model": "repeater", "prompt": "a b", "stream": true})");
  EXPECT_EQ(reply.events.size(), 4u);
}

TEST_F(HandlersTest, EmbeddingsHaveOneVectorPerInput) {
  const Reply reply = handlers_.Embeddings(R"({"model": "repeater", "input": ["moo", "baa"]})");
  ASSERT_EQ(reply.status, 200);
  const Json data = Json::parse(reply.body)["data"];
  ASSERT_EQ(data.size(), 2u);
  EXPECT_EQ(data[1]["index"], 1);
  EXPECT_EQ(data[1]["embedding"].size(), 512u);
}

TEST_F(HandlersTest, ListsTheOneModel) {
  EXPECT_EQ(Json::parse(handlers_.Models().body)["data"][0]["id"], "repeater");
}

TEST_F(HandlersTest, UnknownModelIsNotFound) {
  const Reply reply = handlers_.Completions(R"({"model": "gpt-4", "prompt": "moo"})");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(Error(reply)["code"], "model_not_found");
}

TEST_F(HandlersTest, BadRequestsNameTheField) {
  struct Case {
    const char* body;
    Json param;
  };
  const Case cases[] = {
      {"{", nullptr},
      {"[]", nullptr},
      {R"({"messages": []})", "model"},
      {R"({"model": "repeater"})", "messages"},
      {R"({"model": "repeater", "messages": []})", "messages"},
      {R"({"model": "repeater", "messages": [{"content": "x"}]})", "messages"},
      {R"({"model": "repeater", "messages": [{"role": "user", "content": 7}]})", "messages"},
      {R"({"model": "repeater", "max_tokens": 0, "messages": [{"role": "user", "content": "x"}]})", "max_tokens"},
      {R"({"model": "repeater", "stream": 1, "messages": [{"role": "user", "content": "x"}]})", "stream"},
  };
  for (const Case& one : cases) {
    const Reply reply = handlers_.ChatCompletions(one.body);
    EXPECT_EQ(reply.status, 400) << one.body;
    EXPECT_EQ(Error(reply)["type"], "invalid_request_error") << one.body;
    EXPECT_EQ(Error(reply)["param"], one.param) << one.body;
  }
}

}  // namespace
}  // namespace repeater
