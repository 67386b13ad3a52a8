#include "engine/execution/plan_slice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/execution/execution_fixture.h"
#include "engine/execution/run_queue.h"

namespace cow::execution {
namespace {

using testing::ElementsAre;

TEST(PlanSliceTest, HoldsOnlyWhatIsNeeded) {
  PlanBuilder builder("/ws");
  ArtifactId source = builder.Source("a");
  ArtifactId mid = builder.Run("cat", "mid", {source});
  ArtifactId top = builder.Run("cat", "top", {mid, source});
  builder.Run("cat", "other", {builder.Source("b")});
  PlanSlice slice = PlanSlice::Of(builder.plan, {top});
  EXPECT_THAT(slice.actions(), ElementsAre(ActionId(0), ActionId(1)));
  EXPECT_THAT(slice.sources(), ElementsAre(source));
  EXPECT_THAT(slice.node(ActionId(0)).dependents, ElementsAre(ActionId(1)));
  EXPECT_THAT(slice.node(ActionId(1)).producers, ElementsAre(ActionId(0)));
}

// gate <- leaf      gate <- deep <- deeper
TEST(PlanSliceTest, HeightIsTheNumberOfProcessesUpToTheGoal) {
  PlanBuilder builder("/ws");
  ArtifactId gate = builder.Run("cat", "gate", {});
  ArtifactId leaf = builder.Run("cat", "leaf", {gate});
  ArtifactId deep = builder.Run("cat", "deep", {gate});
  ArtifactId deeper = builder.Run("cat", "deeper", {deep});
  PlanSlice slice = PlanSlice::Of(builder.plan, {leaf, deeper});
  auto height = [&](ArtifactId id) { return slice.node(builder.plan.artifact(id).generating_action).height; };
  EXPECT_EQ(height(gate), 3u);
  EXPECT_EQ(height(leaf), 1u);
  EXPECT_EQ(height(deep), 2u);
  EXPECT_EQ(height(deeper), 1u);
}

TEST(PlanSliceTest, InputsAreInTheOrderOfAWalk) {
  PlanBuilder builder("/ws");
  ArtifactId dotted = builder.Source("a.b");
  ArtifactId below = builder.Source("a/z");
  ArtifactId top = builder.Run("cat", "top", {dotted, below});
  EXPECT_THAT(PlanSlice::Of(builder.plan, {top}).node(ActionId(0)).inputs, ElementsAre(below, dotted));
}

TEST(PlanSliceTest, RecognizesACircle) {
  PlanBuilder builder("/ws");
  ArtifactId a = builder.Run("cat", "a", {});
  ArtifactId b = builder.Run("cat", "b", {a});
  EXPECT_TRUE(PlanSlice::Of(builder.plan, {b}).acyclic());
  builder.ActionOf(a).inputs = Depset<ArtifactId>({b}, {});
  EXPECT_FALSE(PlanSlice::Of(builder.plan, {b}).acyclic());
}

TEST(PlanSliceTest, RecordedDurationsDecideWhatDelaysMost) {
  PlanBuilder builder("/ws");
  ArtifactId slow = builder.Run("cat", "slow", {});
  ArtifactId first = builder.Run("cat", "first", {});
  ArtifactId second = builder.Run("cat", "second", {first});
  builder.ActionOf(second).mnemonic = "Unknown";
  PlanSlice slice = PlanSlice::Of(builder.plan, {slow, second});
  auto height = [&](ArtifactId id) { return slice.node(builder.plan.artifact(id).generating_action).height; };
  slice.Weigh(builder.plan, {});
  EXPECT_EQ(height(slow), 1u);
  EXPECT_EQ(height(first), 2u);
  slice.Weigh(builder.plan, {.by_mnemonic = {{"Test", 10}}, .by_output = {{absl::StrCat(kBin, "/slow"), 1000}}});
  EXPECT_EQ(height(slow), 1000u);
  EXPECT_EQ(height(second), 10u);
  EXPECT_EQ(height(first), 20u);
}

TEST(RunQueueTest, GreaterHeightsLeaveFirstThenTheOrderOfThePlan) {
  RunQueue queue;
  queue.Push(ActionId(3), 1);
  queue.Push(ActionId(2), 1);
  queue.Push(ActionId(9), 5);
  EXPECT_EQ(queue.Pop(), ActionId(9));
  EXPECT_EQ(queue.Pop(), ActionId(2));
  EXPECT_EQ(queue.Pop(), ActionId(3));
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace cow::execution
