#include "engine/execution/sandbox_request.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::execution {
namespace {

using ::testing::ElementsAre;

// Fixed values: an action can see these times, so they must never change by accident.
TEST(SandboxRequestTest, InputTimeIsAFixedFunctionOfPathAndBytes) {
  EXPECT_EQ(InputTime("a/config.h", Digest::Of("x").hash_view()), 404871192);
  EXPECT_NE(InputTime("a/config.h", "x"), InputTime("b/config.h", "x"));
  EXPECT_NE(InputTime("a/config.h", "x"), InputTime("a/config.h", "y"));
  EXPECT_NE(InputTime("ab", "c"), InputTime("a", "bc"));
}

TEST(SandboxRequestTest, InputTimeLiesBetween1980And1997) {
  for (const char* path : {"", "a", "b", "c/d", "e.h"}) {
    EXPECT_GE(InputTime(path, ""), 315532800);
    EXPECT_LT(InputTime(path, ""), 315532800 + (1 << 29));
  }
}

TEST(SandboxRequestTest, WritablePathsAreParentsOfFilesAndOutputDirectories) {
  EXPECT_THAT(WritablePathsFor({"out/a.o", "out/b.o", "out/gen/c.h", "top"}, {"out/tree"}),
              ElementsAre("", "out", "out/gen", "out/tree"));
  EXPECT_THAT(WritablePathsFor({}, {}), ElementsAre());
}

}  // namespace
}  // namespace cow::execution
