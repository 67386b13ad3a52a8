// Outputs whose bytes are in the remote cache only: they come when somebody needs them, and if they cannot be had, they are made.
#include <gmock/gmock.h>

#include "engine/execution/remote_fixture.h"

namespace cow::execution {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

//   a.txt -> a -> b -> c      b.txt, b -> late
class RemoteOutputsTest : public RemoteTest {
 protected:
  void SetUp() override {
    RemoteTest::SetUp();
    WriteSource("a.txt", "A");
    WriteSource("b.txt", "B");
    options_.remote_outputs = RemoteOutputs::kRequested;
  }

  BuildPlan Chain(bool with_late = false) {
    PlanBuilder builder(workspace_);
    ArtifactId a = builder.Run("two", "a", {builder.Source("a.txt")});
    ArtifactId b = builder.Run("two", "b", {a});
    ArtifactId c = builder.Run("two", "c", {b});
    builder.Request({c});
    if (with_late) builder.Request({builder.Run("cat", "late", {b, builder.Source("b.txt")})});
    return builder.plan;
  }

  static constexpr char kA[] = "made of A";
  static constexpr char kB[] = "made of made of A";
  static constexpr char kC[] = "made of made of made of A";
  static constexpr char kLate[] = "made of made of AB";

  void BuildElsewhere(const BuildPlan& plan) {
    EXPECT_GT(Build(plan).actions_run, 0);
    Move();
  }
  // At the server, which goes on to give results that name it.
  void Evict(std::string_view bytes) { fake_->blobs.erase(Digest::Of(bytes)); }
};

TEST_F(RemoteOutputsTest, OnlyRequestedOutputsCome) {
  BuildElsewhere(Chain());
  ExecutionResult result = Build(Chain());
  EXPECT_EQ(result.actions_remote, 3);
  EXPECT_EQ(result.actions_run, 0);
  EXPECT_EQ(ReadOutput("c"), kC);
  EXPECT_THAT(fake_->fetched, ElementsAre(kC));
}

TEST_F(RemoteOutputsTest, AnActionThatRunsBringsWhatItReads) {
  BuildElsewhere(Chain());
  Build(Chain());
  ExecutionResult result = Build(Chain(true));
  EXPECT_EQ(result.actions_run, 1);
  EXPECT_EQ(ReadOutput("late"), kLate);
  EXPECT_THAT(fake_->fetched, UnorderedElementsAre(kB, kC));
}

TEST_F(RemoteOutputsTest, WhatTheServerLostIsMade) {
  BuildElsewhere(Chain());
  Evict(kB);
  ExecutionResult result = Build(Chain(true));
  EXPECT_EQ(result.actions_run, 2) << "b and late";
  EXPECT_EQ(ReadOutput("late"), kLate);
  EXPECT_EQ(ReadOutput("c"), kC);
  EXPECT_THAT(sink_.errors(), IsEmpty());
}

TEST_F(RemoteOutputsTest, WhatIsMadeAgainMayNeedMoreThatIsLost) {
  BuildElsewhere(Chain());
  for (const char* blob : {kA, kB, kC}) Evict(blob);
  ExecutionResult result = Build(Chain(true));
  EXPECT_EQ(result.actions_run, 4);
  EXPECT_EQ(ReadOutput("late"), kLate);
  EXPECT_EQ(ReadOutput("c"), kC);
}

TEST_F(RemoteOutputsTest, WrongBytesAreNeverTaken) {
  BuildElsewhere(Chain());
  fake_->blobs[Digest::Of(kB)] = "wrong";
  ExecutionResult result = Build(Chain(true));
  EXPECT_EQ(result.actions_run, 2);
  EXPECT_EQ(ReadOutput("late"), kLate);
}

TEST_F(RemoteOutputsTest, AnAliasOfWhatIsLostIsMadeToo) {
  const auto plan = [this](bool with_reader) {
    PlanBuilder builder(workspace_);
    ArtifactId a = builder.Run("two", "a", {builder.Source("a.txt")});
    ArtifactId alias = builder.Output("alias");
    builder.Add({.kind = Action::Kind::kSymlink, .inputs = Depset<ArtifactId>({a}, {}), .outputs = {alias}});
    ArtifactId b = builder.Run("two", "b", {alias});
    builder.Request({b});
    if (with_reader) builder.Request({builder.Run("cat", "late", {alias, builder.Source("b.txt")})});
    return builder.plan;
  };
  BuildElsewhere(plan(false));
  Evict(kA);
  ExecutionResult result = Build(plan(true));
  EXPECT_EQ(result.actions_run, 2);
  EXPECT_EQ(ReadOutput("late"), "made of AB");
}

TEST_F(RemoteOutputsTest, FilesOfATreeComeWhenItIsRead) {
  const auto plan = [this](bool with_reader) {
    PlanBuilder builder(workspace_);
    ArtifactId tree = builder.Output("tree", Artifact::Kind::kTree);
    ArgList fill{.items = TextArgs({"fill"})};
    fill.items.emplace_back(ArgValue(tree));
    builder.Add({.arguments = {fill}, .outputs = {tree}});
    ArtifactId size = builder.Output("size");
    ArgList count{.items = TextArgs({"read"})};
    count.items.emplace_back(ArgValue(size));
    builder.Add({.arguments = {count}, .inputs = Depset<ArtifactId>({tree}, {}), .outputs = {size}});
    builder.Request({size});
    if (with_reader) builder.Request({builder.Run("read", "late", {builder.Source("b.txt"), tree})});
    return builder.plan;
  };
  const auto add = [this] {
    runner_->programs["fill"] = [](FakeProcess& process) { process.Write(process.argv[1] + "/sub/file", "in it"); };
    runner_->programs["read"] = [](FakeProcess& process) {
      process.Write(process.argv[1], "read " + process.Read(absl::StrCat(kBin, "/tree/sub/file")));
    };
  };
  for (bool is_lost : {false, true}) {
    add();
    Build(plan(false));
    Move();
    add();
    EXPECT_EQ(Build(plan(false)).actions_remote, 2);
    EXPECT_FALSE(store_->cas->Contains(Digest::Of("in it"))) << "nobody needs it";
    if (is_lost) Evict("in it");
    EXPECT_EQ(Build(plan(true)).actions_run, is_lost ? 2 : 1);
    EXPECT_EQ(ReadOutput("late"), "read in it");
    Move();
    fake_->results.clear();
    fake_->blobs.clear();
  }
}

TEST_F(RemoteOutputsTest, WithNoneOnlyWhatIsHereIsWritten) {
  options_.remote_outputs = RemoteOutputs::kNone;
  BuildElsewhere(Chain());
  ASSERT_TRUE(MakeDirectories(absl::StrCat(workspace_, "/", kBin)).ok());
  ASSERT_TRUE(WriteFile(absl::StrCat(workspace_, "/", kBin, "/c"), "of long ago").ok());
  ExecutionResult result = Build(Chain(true));
  EXPECT_EQ(ReadOutput("c"), "<missing>") << "rather than stale";
  EXPECT_EQ(ReadOutput("late"), kLate);
  EXPECT_FALSE(result.targets[0].outputs[0].is_here);
  EXPECT_EQ(result.targets[0].outputs[0].digest, Digest::Of(kC));
  EXPECT_TRUE(result.targets[1].outputs[0].is_here);
  EXPECT_THAT(fake_->fetched, ElementsAre(kB));
  options_.remote_outputs = RemoteOutputs::kRequested;
  EXPECT_EQ(Build(Chain(true)).actions_run, 0);
  EXPECT_EQ(ReadOutput("c"), kC);
}

TEST_F(RemoteOutputsTest, WithAllNothingStaysElsewhere) {
  options_.remote_outputs = RemoteOutputs::kNone;
  BuildElsewhere(Chain());
  Build(Chain());
  EXPECT_THAT(fake_->fetched, IsEmpty());
  options_.remote_outputs = RemoteOutputs::kAll;
  EXPECT_EQ(Build(Chain()).actions_run, 0);
  remote_ = nullptr;
  EXPECT_EQ(Build(Chain()).actions_run, 0);
  EXPECT_EQ(ReadOutput("c"), kC);
}

TEST_F(RemoteOutputsTest, WithoutTheCacheWhatIsLackingRuns) {
  BuildElsewhere(Chain());
  Build(Chain());
  remote_ = nullptr;
  ExecutionResult result = Build(Chain(true));
  EXPECT_EQ(result.actions_run, 3) << "c is here";
  EXPECT_EQ(ReadOutput("late"), kLate);
}

TEST_F(RemoteOutputsTest, AKnownResultNeedsNoSecondLookUp) {
  BuildElsewhere(Chain());
  Build(Chain());
  const int finds = fake_->finds;
  EXPECT_EQ(Build(Chain()).actions_run, 0);
  EXPECT_EQ(fake_->finds, finds);
  EXPECT_EQ(fake_->questions, 2) << "are a and b still there?";
}

TEST_F(RemoteOutputsTest, AServerThatClaimsToHaveWhatItHasNotCostsTimeOnly) {
  BuildElsewhere(Chain());
  Build(Chain());
  fake_->claims = true;
  for (const char* blob : {kA, kB, kC}) Evict(blob);
  ExecutionResult result = Build(Chain(true));
  EXPECT_EQ(result.actions_run, 3) << "c is here";
  EXPECT_EQ(ReadOutput("late"), kLate);
}

TEST_F(RemoteOutputsTest, AResultThatNamesWhatDidNotComeIsNone) {
  // Both have the same bytes.
  const auto plan = [this](bool with_reader) {
    PlanBuilder builder(workspace_);
    ArtifactId first = builder.Run("two", "first", {builder.Source("a.txt")});
    ArtifactId second = builder.Run("two", "second", {builder.Source("a.txt")});
    builder.Request({builder.Run("two", "one", {first}), builder.Run("two", "other", {second})});
    if (with_reader) builder.Request({builder.Run("cat", "late", {first, second})});
    return builder.plan;
  };
  BuildElsewhere(plan(false));
  Evict(kA);
  EXPECT_EQ(Build(plan(true)).actions_failed, 0);
  EXPECT_EQ(ReadOutput("late"), "made of Amade of A");
}

}  // namespace
}  // namespace cow::execution
