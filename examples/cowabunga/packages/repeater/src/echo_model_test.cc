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

TEST(EchoModelTest, HearsTextAndMeasuresSounds) {
  EXPECT_EQ(Hear("moo \xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x84"), "moo \xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x84");
  EXPECT_EQ(Hear(std::string_view("RIFF\xff\x00\x01", 7)), "(a sound of 7 bytes)");
  // Overlong, a surrogate, beyond Unicode, cut off.
  for (const char* bytes : {"\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"}) {
    EXPECT_NE(Hear(bytes), bytes);
  }
}

}  // namespace
}  // namespace repeater
