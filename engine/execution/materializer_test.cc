#include "engine/execution/materializer.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <thread>

#include "absl/time/clock.h"
#include "engine/execution/execution_fixture.h"

namespace cow::execution {
namespace {

using testing::ElementsAre;

class MaterializerTest : public ExecutionTest {
 protected:
  OutputLayout::File File(const std::string& path, const std::string& bytes, bool executable = false) {
    return {path, *store_->cas->Put(bytes), executable};
  }
  absl::Status Write(const OutputLayout& layout) {
    return Materializer(workspace_, *store_->cas, *store_->files, 2).Write(layout);
  }
  std::string Read(const std::string& path) { return ReadFile(workspace_ + "/" + path).value_or("<missing>"); }
  std::vector<std::string> Names(const std::string& path) {
    std::vector<std::string> names;
    absl::StatusOr<std::vector<DirectoryEntry>> entries = ListDirectory(workspace_ + "/" + path);
    EXPECT_TRUE(entries.ok()) << entries.status();
    for (const DirectoryEntry& entry : entries.value_or(std::vector<DirectoryEntry>())) names.push_back(entry.name);
    return names;
  }
};

TEST_F(MaterializerTest, WritesFilesPeopleMayChangeWithoutHarmToTheCache) {
  ASSERT_TRUE(Write({.files = {File("o/a", "A"), File("o/run", "R", true)}, .links = {{"o/l", "a"}}}).ok());
  EXPECT_EQ(LstatFile(workspace_ + "/o/a")->mode, 0644u);
  EXPECT_EQ(LstatFile(workspace_ + "/o/run")->mode, 0755u);
  EXPECT_EQ(LstatFile(workspace_ + "/o/a")->links, 1u);
  EXPECT_EQ(Read("o/l"), "A");
  ASSERT_TRUE(WriteFile(workspace_ + "/o/a", "changed").ok());
  EXPECT_EQ(*store_->cas->Get(Digest::Of("A")), "A");
}

TEST_F(MaterializerTest, RightFilesAreLeftAlone) {
  OutputLayout layout{.files = {File("o/a", "A")}, .links = {{"o/l", "a"}}};
  ASSERT_TRUE(Write(layout).ok());
  FileInfo file = *LstatFile(workspace_ + "/o/a");
  FileInfo link = *LstatFile(workspace_ + "/o/l");
  ASSERT_TRUE(Write(layout).ok());
  EXPECT_EQ(*LstatFile(workspace_ + "/o/a"), file);
  EXPECT_EQ(*LstatFile(workspace_ + "/o/l"), link);
  ASSERT_TRUE(Write({.files = {File("o/a", "A", true)}}).ok());
  EXPECT_EQ(LstatFile(workspace_ + "/o/a")->mode, 0755u) << "a wrong mode is put right";
}

TEST_F(MaterializerTest, StaleFilesLeaveTreesButNotTheirSurroundings) {
  WriteSource("o/other", "kept");
  WriteSource("o/tree/stale", "x");
  WriteSource("o/tree/d/stale", "x");
  WriteSource("o/tree/gone/deep/stale", "x");
  ASSERT_TRUE(Write({.files = {File("o/tree/d/a", "A")}, .directories = {"o/tree"}, .trees = {"o/tree"}}).ok());
  EXPECT_THAT(Names("o"), ElementsAre("other", "tree"));
  EXPECT_THAT(Names("o/tree"), ElementsAre("d"));
  EXPECT_THAT(Names("o/tree/d"), ElementsAre("a"));
}

TEST_F(MaterializerTest, FilesAndDirectoriesMayChangePlaces) {
  ASSERT_TRUE(Write({.files = {File("o/x", "file"), File("o/y/below", "B")}}).ok());
  ASSERT_TRUE(Write({.files = {File("o/x/below", "B"), File("o/y", "file")}}).ok());
  EXPECT_EQ(Read("o/x/below"), "B");
  EXPECT_EQ(Read("o/y"), "file");
  ASSERT_TRUE(Write({.links = {{"o/x", "y"}}}).ok());
  EXPECT_EQ(Read("o/x"), "file");
}

TEST_F(MaterializerTest, NothingIsWrittenThroughASymlink) {
  ASSERT_TRUE(MakeDirectories(workspace_ + "/elsewhere").ok());
  ASSERT_TRUE(MakeSymlink("elsewhere", workspace_ + "/o").ok());
  WriteSource("elsewhere/target", "T");
  ASSERT_TRUE(Write({.files = {File("o/a", "A")}}).ok());
  EXPECT_THAT(Names("elsewhere"), ElementsAre("target"));
  ASSERT_TRUE(RemoveFile(workspace_ + "/o/a").ok());
  ASSERT_TRUE(MakeSymlink("../elsewhere/target", workspace_ + "/o/a").ok());
  ASSERT_TRUE(Write({.files = {File("o/a", "A")}}).ok());
  EXPECT_EQ(Read("elsewhere/target"), "T");
}

TEST_F(MaterializerTest, VanishedBytesAreAMiss) {
  OutputLayout layout{.files = {File("o/a", "A")}};
  Forget("A");
  EXPECT_TRUE(store::IsMiss(Write(layout)));
}

TEST_F(ExecutionTest, RunfilesAreLaidOutBesideTheProgram) {
  WriteSource("data.txt", "D");
  options_.materialize_runfiles = true;
  PlanBuilder builder(workspace_);
  ArtifactId program = builder.Run("cat", "pkg/program", {});
  ArtifactId data = builder.Source("data.txt");
  ArtifactId made = builder.Run("cat", "pkg/made", {data});
  builder.plan.targets.push_back({.label = *Label::Parse("//pkg:program", {}),
                                  .outputs = {program},
                                  .executable = program,
                                  .runfiles = {made, data},
                                  .runfiles_tree = std::make_shared<const RunfilesTree>(RunfilesTree{
                                      .path = absl::StrCat(kBin, "/pkg/program.runfiles"),
                                      .workspace = "_main",
                                      .files = Depset<ArtifactId>({made, data}, {})})});
  ExecutionResult result = Build(builder.plan);
  ASSERT_TRUE(result.ok()) << sink_.errors();
  EXPECT_EQ(result.targets[0].executable, absl::StrCat(workspace_, "/", kBin, "/pkg/program"));
  EXPECT_EQ(ReadOutput("pkg/program.runfiles/_main/data.txt"), "D");
  EXPECT_EQ(ReadOutput("pkg/program.runfiles/_main/pkg/made"), "D");
}

TEST_F(ExecutionTest, OutputsLostBeforeTheyAreWrittenAreMadeAgain) {
  runner_->programs["make"] = [](FakeProcess& process) { process.Write(process.argv[1], "made"); };
  runner_->programs["forget"] = [this](FakeProcess& process) {
    process.Write(process.argv[1], "F");
    Forget("made");
  };
  PlanBuilder builder(workspace_);
  ArtifactId made = builder.Run("make", "made", {});
  builder.Request({made, builder.Run("forget", "forget", {made})});
  EXPECT_TRUE(Build(builder.plan).ok()) << sink_.errors();
  EXPECT_EQ(ReadOutput("made"), "made");
}

TEST_F(ExecutionTest, WaitsForAnotherWriterAndSaysSo) {
  ASSERT_TRUE(MakeDirectories(workspace_ + "/cow-out").ok());
  PlanBuilder builder(workspace_);
  builder.Request({builder.Run("cat", "out", {})});
  UniqueFd other(open((workspace_ + "/cow-out/.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  ASSERT_EQ(flock(other.get(), LOCK_EX), 0);
  std::thread release([&] {
    // The message shows that it waits. Without it the build would never end, and the test not fail but hang.
    for (int i = 0; i < 3000 && !sink_.informed; ++i) absl::SleepFor(absl::Milliseconds(10));
    other.Reset();
  });
  EXPECT_TRUE(Build(builder.plan).ok());
  release.join();
  EXPECT_EQ(sink_.Text(Message::Kind::kInfo),
            "another cow command writes to cow-out of this workspace; waiting for it\n");
}

}  // namespace
}  // namespace cow::execution
