#include "engine/execution/in_process_action.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/execution/execution_fixture.h"

namespace cow::execution {
namespace {

using testing::HasSubstr;

TEST_F(ExecutionTest, WritesFilesFromTextAndFromArguments) {
  PlanBuilder builder(workspace_);
  ArtifactId text = builder.Output("text");
  builder.Add({.kind = Action::Kind::kWrite, .outputs = {text}, .content = "hello\n", .executable = true});
  ArtifactId lines = builder.Output("lines");
  ArgList list{.items = TextArgs({"a b", "c"}), .param_file_format = ArgList::ParamFileFormat::kMultiline};
  builder.Add({.kind = Action::Kind::kWrite, .arguments = {list}, .outputs = {lines}});
  builder.Request({text, lines});
  ExecutionResult result = Build(builder.plan);
  EXPECT_TRUE(result.ok()) << sink_.errors();
  EXPECT_EQ(result.actions_run + result.actions_cached, 0) << "no process is needed";
  EXPECT_EQ(ReadOutput("text"), "hello\n");
  EXPECT_EQ(LstatFile(absl::StrCat(workspace_, "/", kBin, "/text"))->mode, 0755u);
  EXPECT_EQ(ReadOutput("lines"), "a b\nc\n");
}

TEST_F(ExecutionTest, ExpandsTemplatesInOrder) {
  WriteSource("t", "@A@ and @B@");
  PlanBuilder builder(workspace_);
  ArtifactId out = builder.Output("out");
  builder.Add({.kind = Action::Kind::kExpandTemplate,
               .inputs = Depset<ArtifactId>({builder.Source("t")}, {}),
               .outputs = {out},
               .substitutions = {{"@A@", "@B@"}, {"@B@", "x"}}});
  builder.Request({out});
  EXPECT_TRUE(Build(builder.plan).ok()) << sink_.errors();
  EXPECT_EQ(ReadOutput("out"), "x and x");
}

TEST_F(ExecutionTest, AliasHasTheContentOfItsInput) {
  WriteSource("a.txt", "A");
  PlanBuilder builder(workspace_);
  ArtifactId made = builder.Run("cat", "made", {builder.Source("a.txt")});
  ArtifactId alias = builder.Output("alias");
  builder.Add({.kind = Action::Kind::kSymlink,
               .inputs = Depset<ArtifactId>({made}, {}),
               .outputs = {alias},
               .executable = true});
  builder.Request({builder.Run("cat", "top", {alias})});
  EXPECT_TRUE(Build(builder.plan).ok()) << sink_.errors();
  EXPECT_EQ(ReadOutput("top"), "A");
}

TEST_F(ExecutionTest, LostBytesBehindAnAliasAreMadeAgain) {
  WriteSource("a.txt", "in");
  runner_->programs["make"] = [](FakeProcess& process) { process.Write(process.argv[1], "made"); };
  bool forgot = false;
  runner_->programs["forget"] = [&](FakeProcess& process) {
    process.Write(process.argv[1], "F");
    if (!forgot) Forget("made");
    forgot = true;
  };
  PlanBuilder builder(workspace_);
  ArtifactId made = builder.Run("make", "made", {builder.Source("a.txt")});
  ArtifactId alias = builder.Output("alias");
  builder.Add({.kind = Action::Kind::kSymlink, .inputs = Depset<ArtifactId>({made}, {}), .outputs = {alias}});
  builder.Request({alias, builder.Run("forget", "forget", {alias})});
  EXPECT_TRUE(Build(builder.plan).ok()) << sink_.errors();
  EXPECT_EQ(runner_->Count("make"), 2);
  EXPECT_EQ(ReadOutput("alias"), "made");
}

TEST_F(ExecutionTest, FetchedFileIsDownloadedOnlyIfAProcessRuns) {
  ASSERT_TRUE(WriteFile(root_ + "/mirror", "from outside").ok());
  runner_->programs["size"] = [](FakeProcess& process) {
    process.Write(process.argv[1], absl::StrCat(process.Read(process.argv[2]).size()));
  };
  PlanBuilder builder(workspace_);
  ArtifactId fetched = builder.Output("fetched");
  builder.Add({.kind = Action::Kind::kFetch,
               .outputs = {fetched},
               .fetch = {.url = "file://" + root_ + "/mirror", .digest = Digest::Of("from outside")}});
  builder.Request({builder.Run("size", "top", {fetched})});
  EXPECT_TRUE(Build(builder.plan).ok()) << sink_.errors();
  EXPECT_EQ(ReadOutput("top"), "12");
  Forget("from outside");
  ASSERT_TRUE(RemoveFile(root_ + "/mirror").ok());
  ExecutionResult result = Build(builder.plan);
  EXPECT_TRUE(result.ok()) << sink_.errors();
  EXPECT_EQ(result.actions_cached, 1);
}

TEST_F(ExecutionTest, FetchOfOtherBytesFailsTheActionThatNeedsThem) {
  ASSERT_TRUE(WriteFile(root_ + "/mirror", "tampered").ok());
  PlanBuilder builder(workspace_);
  ArtifactId fetched = builder.Output("fetched");
  builder.Add({.kind = Action::Kind::kFetch,
               .outputs = {fetched},
               .fetch = {.url = "file://" + root_ + "/mirror", .digest = Digest::Of("expected")}});
  builder.Request({builder.Run("cat", "top", {fetched})});
  EXPECT_EQ(Build(builder.plan).actions_failed, 1);
  EXPECT_THAT(sink_.errors(), HasSubstr("error: //:top: Test failed: fetching file://"));
}

TEST_F(ExecutionTest, UnresolvedSymlinkIsMadeWithItsTarget) {
  PlanBuilder builder(workspace_);
  ArtifactId link = builder.Output("link", Artifact::Kind::kSymlink);
  builder.Add({.kind = Action::Kind::kUnresolvedSymlink, .outputs = {link}, .content = "some/where"});
  builder.Request({link});
  EXPECT_TRUE(Build(builder.plan).ok()) << sink_.errors();
  EXPECT_EQ(*ReadLink(absl::StrCat(workspace_, "/", kBin, "/link")), "some/where");
}

TEST_F(ExecutionTest, AliasOfTheWrongKindIsRejected) {
  WriteSource("a.txt", "A");
  PlanBuilder builder(workspace_);
  ArtifactId alias = builder.Output("alias", Artifact::Kind::kTree);
  builder.Add({.kind = Action::Kind::kSymlink,
               .inputs = Depset<ArtifactId>({builder.Source("a.txt")}, {}),
               .outputs = {alias}});
  builder.Request({alias});
  EXPECT_FALSE(Build(builder.plan).ok());
  EXPECT_THAT(sink_.errors(), HasSubstr("its output 'cow-out/cfg/bin/alias' is not declared as what it is"));
}

}  // namespace
}  // namespace cow::execution
