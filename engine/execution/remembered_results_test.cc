#include "engine/execution/remembered_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cow::execution {
namespace {

using testing::ElementsAre;
using testing::Optional;

constexpr ArtifactId kSource(0), kOutput(1), kUnknown(2);

ActionOutput Output(std::string_view bytes) { return {.digest = Digest::Of(bytes)}; }

class RememberedResultsTest : public ::testing::Test {
 public:
  std::optional<std::vector<ArtifactValue>> Take(ActionId id, ArtifactId input, const ArtifactValue& value) {
    return remembered_.Take(id, action_, {input}, {value});
  }

  Action action_{.outputs = {kOutput}};
  RememberedResults remembered_{{true, false}, {Output("in"), Output("out"), std::nullopt}};
  const ArtifactValue in_ = ValueOf(Output("in"));
};

TEST_F(RememberedResultsTest, TheSameActionOfTheSameInputsHasTheSameOutputs) {
  EXPECT_THAT(Take(ActionId(0), kSource, in_), Optional(ElementsAre(ValueOf(Output("out")))));
}

TEST_F(RememberedResultsTest, OtherInputsMakeOtherOutputs) {
  EXPECT_EQ(Take(ActionId(0), kSource, ValueOf(Output("other"))), std::nullopt);
}

TEST_F(RememberedResultsTest, AnExecutableInputIsAnotherOne) {
  ArtifactValue executable = in_;
  executable.executable = true;
  EXPECT_EQ(Take(ActionId(0), kSource, executable), std::nullopt);
}

TEST_F(RememberedResultsTest, InputsThatWereNotThereAreOthers) { EXPECT_EQ(Take(ActionId(0), kUnknown, in_), std::nullopt); }

TEST_F(RememberedResultsTest, ActionsThatWereNotThereAreNotKnown) {
  EXPECT_EQ(Take(ActionId(1), kSource, in_), std::nullopt);
}

TEST_F(RememberedResultsTest, OutputsThatWereNotMadeAreNotKnown) {
  action_.outputs = {kOutput, kUnknown};
  EXPECT_EQ(Take(ActionId(0), kSource, in_), std::nullopt);
}

// Or what is lost would be lost for good.
TEST_F(RememberedResultsTest, NothingIsRememberedTwice) {
  ASSERT_NE(Take(ActionId(0), kSource, in_), std::nullopt);
  EXPECT_EQ(Take(ActionId(0), kSource, in_), std::nullopt);
}

}  // namespace
}  // namespace cow::execution
