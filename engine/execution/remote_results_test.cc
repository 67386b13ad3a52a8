#include "engine/execution/remote_results.h"

#include <gmock/gmock.h>

#include <map>

#include "engine/execution/remote_fixture.h"
#include "engine/store/tree_encoding.h"

namespace cow::execution {
namespace {

class RemoteResultsTest : public RemoteTest {
 protected:
  void SetUp() override {
    RemoteTest::SetUp();
    WriteSource("a.txt", "A");
  }
  BuildPlan Plan(const std::map<std::string, std::string>& requirements = {}) {
    PlanBuilder builder(workspace_);
    ArtifactId output = builder.Run("two", "out", {builder.Source("a.txt")});
    builder.ActionOf(output).execution_requirements.insert(requirements.begin(), requirements.end());
    builder.Request({output});
    return builder.plan;
  }
};

TEST_F(RemoteResultsTest, WhatOneMachineRanAnotherTakes) {
  ExecutionResult first = Build(Plan());
  EXPECT_EQ(first.actions_run, 1);
  EXPECT_EQ(first.actions_remote, 0);
  EXPECT_THAT(fake_->messages, testing::Contains(fake_->last)) << "the key is the digest of the Action that is sent";
  Move();
  ExecutionResult second = Build(Plan());
  EXPECT_EQ(second.actions_run, 0);
  EXPECT_EQ(second.actions_cached, 1);
  EXPECT_EQ(second.actions_remote, 1);
  EXPECT_EQ(ReadOutput("out"), "made of A");
  const int asked = fake_->finds;
  EXPECT_EQ(Build(Plan()).actions_remote, 0);
  EXPECT_EQ(fake_->finds, asked) << "what is known here is not asked for again";
}

TEST_F(RemoteResultsTest, AResultThatLacksABlobRuns) {
  Build(Plan());
  Move();
  fake_->blobs.erase(Digest::Of("made of A"));
  ExecutionResult result = Build(Plan());
  EXPECT_EQ(result.actions_run, 1);
  EXPECT_EQ(ReadOutput("out"), "made of A");
}

TEST_F(RemoteResultsTest, AResultOfOtherOutputsOrAWeakerSandboxRuns) {
  Build(Plan());
  for (int wrong = 0; wrong < 4; ++wrong) {
    Move();
    ActionResult& result = fake_->results.at(fake_->last).result;
    const ActionResult right = result;
    if (wrong == 0) result.outputs[0].path += "x";
    if (wrong == 1) result.outputs.push_back(result.outputs[0]);
    if (wrong == 2) result.sandbox_tier = "";
    if (wrong == 3) result.outputs[0].kind = ActionOutput::Kind::kTree;
    EXPECT_EQ(Build(Plan()).actions_run, 1) << wrong;
    EXPECT_EQ(ReadOutput("out"), "made of A");
    fake_->results.at(fake_->last).result = right;
  }
}

TEST_F(RemoteResultsTest, ATreeThatIsNoneRuns) {
  const auto tree_plan = [this] {
    PlanBuilder builder(workspace_);
    ArtifactId output = builder.Output("tree", Artifact::Kind::kTree);
    ArgList list{.items = TextArgs({"fill"})};
    list.items.emplace_back(ArgValue(output));
    builder.Add({.arguments = {list}, .outputs = {output}});
    builder.Request({output});
    return builder.plan;
  };
  const FakeProgram fill = [](FakeProcess& process) { process.Write(process.argv[1] + "/sub/file", "in it"); };
  runner_->programs["fill"] = fill;
  EXPECT_EQ(Build(tree_plan()).actions_run, 1);
  Move();
  EXPECT_EQ(Build(tree_plan()).actions_remote, 1);
  EXPECT_EQ(ReadOutput("tree/sub/file"), "in it");
  using Kind = store::TreeEntry::Kind;
  const std::string name(256, 'n');
  for (const std::string& bytes : {std::string("no tree"),
                                   *store::EncodeTree({{.kind = Kind::kSymlink, .path = "sub/file", .target = "/etc/passwd"}}),
                                   *store::EncodeTree({{.kind = Kind::kSymlink, .path = "sub/file", .target = "../../x"}}),
                                   *store::EncodeTree({{.kind = Kind::kEmptyDirectory, .path = name}})}) {
    Move();
    runner_->programs["fill"] = fill;
    ActionOutput& output = fake_->results.at(fake_->last).result.outputs[0];
    output.digest = Digest::Of(bytes);
    fake_->blobs[output.digest] = bytes;
    EXPECT_EQ(Build(tree_plan()).actions_run, 1) << bytes;
    EXPECT_EQ(ReadOutput("tree/sub/file"), "in it");
  }
}

TEST_F(RemoteResultsTest, OnlyWhatRanInTheStrongestSandboxIsSent) {
  options_.min_sandbox_tier = "S2";
  runner_->programs["two"] = [](FakeProcess& process) {
    process.Write(process.argv[1], "made of " + process.Read(process.argv[2]));
    process.result.tier = "S2";
  };
  EXPECT_EQ(Build(Plan()).actions_run, 1);
  EXPECT_TRUE(fake_->results.empty());
}

TEST_F(RemoteResultsTest, SomeActionsStayHere) {
  for (const char* requirement : {"no-remote-cache", "no-remote", "local"}) {
    Build(Plan({{requirement, ""}}));
    EXPECT_EQ(fake_->finds, 0) << requirement;
    EXPECT_TRUE(fake_->results.empty()) << requirement;
    Move();
  }
  Build(Plan({{"no-remote-cache-upload", ""}}));
  EXPECT_GT(fake_->finds, 0);
  EXPECT_TRUE(fake_->results.empty());
}

TEST_F(RemoteResultsTest, WhoOnlyReadsSendsNothing) {
  fake_->writing = false;
  Build(Plan());
  EXPECT_TRUE(fake_->results.empty());
  EXPECT_GT(fake_->finds, 0);
}

TEST_F(RemoteResultsTest, FailuresAreNotSent) {
  runner_->programs["two"] = [](FakeProcess& process) { process.Fail("no"); };
  EXPECT_EQ(Build(Plan()).actions_failed, 1);
  EXPECT_TRUE(fake_->results.empty());
}

}  // namespace
}  // namespace cow::execution
