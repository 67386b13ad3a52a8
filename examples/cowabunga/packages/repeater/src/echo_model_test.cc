#include "packages/repeater/src/echo_model.h"

#include <gtest/gtest.h>

namespace repeater {
namespace {

using Words = std::vector<std::string>;

TEST(EchoModelTest, TokensKeepTheWhiteSpaceBeforeThem) {
  EXPECT_EQ(Tokenize("say  moo\nagain "), (Words{"say", "  moo", "\nagain", " "}));
  EXPECT_EQ(Tokenize(""), Words{});
}

TEST(EchoModelTest, RepeatsThePromptUnchanged) {
  const Answer answer = Repeat("  the cow says\tmoo \n", std::nullopt);
  EXPECT_EQ(answer.Text(), "  the cow says\tmoo \n");
  EXPECT_FALSE(answer.truncated);
}

TEST(EchoModelTest, StopsAfterTheLastToken) {
  EXPECT_EQ(Repeat("a b c", 2).Text(), "a b");
  EXPECT_TRUE(Repeat("a b c", 2).truncated);
  EXPECT_FALSE(Repeat("a b c", 3).truncated);
}

TEST(EchoModelTest, EmbeddingIsAUnitVectorOfTheText) {
  const std::vector<float> moo = Embed("moo");
  ASSERT_EQ(moo.size(), kEmbeddingSize);
  EXPECT_EQ(moo, Embed("moo"));
  EXPECT_NE(moo, Embed("baa"));
  double squares = 0;
  for (float number : moo) squares += number * number;
  EXPECT_NEAR(squares, 1.0, 1e-5);
}

}  // namespace
}  // namespace repeater
