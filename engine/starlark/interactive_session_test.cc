#include "engine/starlark/interactive_session.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::starlark {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class InteractiveSessionTest : public testing::Test {
 protected:
  // What would be shown: the value, or the error.
  std::string Give(const std::string& piece) {
    absl::StatusOr<std::string> value = session_.Evaluate(piece);
    return value.ok() ? *value : std::string(value.status().message());
  }

  std::vector<std::string> printed_;
  InteractiveSession session_{
      {.print = [this](std::string_view line) { printed_.emplace_back(line); }}};
};

TEST_F(InteractiveSessionTest, ShowsTheValueOfAnExpression) {
  EXPECT_EQ(Give("1 + 1\n"), "2");
  EXPECT_EQ(Give("\"a\"\n"), "\"a\"");
  EXPECT_EQ(Give("None\n"), "");
  EXPECT_EQ(Give("x = 5\n"), "");
  EXPECT_EQ(Give("x; x * 2\n"), "10");
}

TEST_F(InteractiveSessionTest, RemembersWhatWasBound) {
  Give("xs = [1]\n");
  Give("def double(x):\n    return 2 * x\n\n");
  Give("xs.append(double(4))\n");
  EXPECT_EQ(Give("xs\n"), "[1, 8]");
  EXPECT_EQ(Give("_[1]\n"), "8");
}

TEST_F(InteractiveSessionTest, NamesMayBeBoundAgain) {
  Give("n = 1\n");
  Give("n += 4\n");
  EXPECT_EQ(Give("n\n"), "5");
  Give("len = lambda x: \"mine\"\n");
  EXPECT_EQ(Give("len([])\n"), "\"mine\"");
}

TEST_F(InteractiveSessionTest, ErrorsDoNotEndIt) {
  EXPECT_THAT(Give("nope\n"), HasSubstr("<stdin>:1:1: error: name 'nope' is not defined"));
  EXPECT_THAT(Give("a = 3; b = 1 // 0\n"), HasSubstr("integer division by zero"));
  EXPECT_EQ(Give("a\n"), "3");
}

TEST_F(InteractiveSessionTest, StatementsStandAtTopLevel) {
  Give("for i in range(3):\n    print(i)\n\n");
  Give("if i == 2: print(\"two\")\n\n");
  EXPECT_THAT(printed_, ElementsAre("0", "1", "2", "two"));
}

TEST_F(InteractiveSessionTest, MissingFilesAreErrors) {
  EXPECT_THAT(Give("load(\"no/such.star\", \"x\")\n"), HasSubstr("cannot load 'no/such.star'"));
}

TEST(WantsMoreTest, UntilBracketsStringsAndBlocksEnd) {
  EXPECT_FALSE(InteractiveSession::WantsMore("x = 1\n"));
  EXPECT_FALSE(InteractiveSession::WantsMore("\n"));
  EXPECT_FALSE(InteractiveSession::WantsMore(""));
  EXPECT_FALSE(InteractiveSession::WantsMore("x = ]\n"));
  EXPECT_TRUE(InteractiveSession::WantsMore("f(1,\n"));
  EXPECT_FALSE(InteractiveSession::WantsMore("f(1,\n2)\n"));
  EXPECT_TRUE(InteractiveSession::WantsMore("x = \"\"\"a\n"));
  EXPECT_FALSE(InteractiveSession::WantsMore("x = \"a\n"));
  EXPECT_TRUE(InteractiveSession::WantsMore("x = 1 + \\\n"));
  EXPECT_TRUE(InteractiveSession::WantsMore("def f():\n"));
  EXPECT_TRUE(InteractiveSession::WantsMore("def f():\n    pass\n"));
  EXPECT_FALSE(InteractiveSession::WantsMore("def f():\n    pass\n\n"));
  EXPECT_TRUE(InteractiveSession::WantsMore("if x: y\n"));
}

}  // namespace
}  // namespace cow::starlark
