// Whole builds in the real sandbox of this machine: a shell and cat in a host tree of their own.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/execution/execution_fixture.h"
#include "engine/execution/sandboxed_spawn_runner.h"

namespace cow::execution {
namespace {

using testing::HasSubstr;

constexpr char kLibraries[] = "usr/lib/x86_64-linux-gnu";

class SandboxedExecutionTest : public ExecutionTest {
 protected:
  void SetUp() override {
    ExecutionTest::SetUp();
    if (!FileExists("/usr/bin/dash") || !FileExists("/lib64/ld-linux-x86-64.so.2")) GTEST_SKIP() << "needs dash";
    AddFile("usr/bin/sh", "/usr/bin/dash");
    AddFile("usr/bin/cat", "/usr/bin/cat");
    AddFile("usr/bin/mkdir", "/usr/bin/mkdir");
    AddFile("lib64/ld-linux-x86-64.so.2", "/lib64/ld-linux-x86-64.so.2");
    for (const char* library : {"libc.so.6", "libselinux.so.1", "libpcre2-8.so.0"}) {
      AddFile(absl::StrCat(kLibraries, "/", library), absl::StrCat("/", kLibraries, "/", library));
    }
    for (const char* directory : {"usr", "usr/bin", "usr/lib", kLibraries, "lib64"}) {
      tree_.entries.push_back({.kind = HostTreeEntry::Kind::kDirectory, .path = directory});
    }
    tree_.entries.push_back({.kind = HostTreeEntry::Kind::kSymlink, .path = "bin", .target = "usr/bin"});
    std::sort(tree_.entries.begin(), tree_.entries.end(),
              [](const HostTreeEntry& a, const HostTreeEntry& b) { return a.path < b.path; });
    tree_.digest = HostTree::ComputeDigest(tree_.entries);
    sandboxed_ = std::make_unique<SandboxedSpawnRunner>(
        SandboxedSpawnRunner::Options{.sandbox = {.helper_program = COW_BIN_DIR "/cow-sandbox",
                                                  .source_roots = {root_ + "/cache"},
                                                  .scratch_directory = store_->session->path()},
                                      .scratch_root = store_->session->path()},
        *store_->cas, *store_->trees);
    spawn_runner_ = sandboxed_.get();
  }
  void TearDown() override {
    sandboxed_.reset();
    ExecutionTest::TearDown();
  }

  void AddFile(const std::string& path, const std::string& source) {
    tree_.entries.push_back({.path = path,
                             .source_path = source,
                             .digest = Digest::Of(*ReadFile(source)),
                             .executable = true});
  }
  // An action that runs a shell script.
  ActionId Shell(PlanBuilder& builder, const std::string& script, const std::vector<ArtifactId>& inputs,
                 const std::vector<ArtifactId>& outputs) {
    if (builder.plan.host_trees.empty()) builder.plan.host_trees.push_back(std::make_shared<HostTree>(tree_));
    return builder.Add({.arguments = {{.items = TextArgs({"sh", "-euc", script})}},
                        .inputs = Depset<ArtifactId>(inputs, {}),
                        .outputs = outputs,
                        .host_tree = HostTreeId(0)});
  }

  HostTree tree_;
  std::unique_ptr<SandboxedSpawnRunner> sandboxed_;
};

TEST_F(SandboxedExecutionTest, BuildsAChainWithTreesAndASecondBuildRunsNothing) {
  WriteSource("a.txt", "A");
  PlanBuilder builder(workspace_);
  ArtifactId tree = builder.Output("pkg/tree", Artifact::Kind::kTree);
  ArtifactId source = builder.Source("a.txt");
  Shell(builder, "cd cow-out/cfg/bin/pkg/tree; mkdir d; cat /build/a.txt > d/copy; echo B > b", {source}, {tree});
  ArtifactId top = builder.Output("pkg/top");
  Shell(builder, "cat cow-out/cfg/bin/pkg/tree/d/copy cow-out/cfg/bin/pkg/tree/b > cow-out/cfg/bin/pkg/top", {tree}, {top});
  builder.Request({top, tree});
  ExecutionResult result = Build(builder.plan);
  ASSERT_TRUE(result.ok()) << sink_.errors();
  EXPECT_EQ(result.actions_run, 2);
  EXPECT_EQ(result.sandbox_tier.substr(0, 2), "S3");
  EXPECT_EQ(ReadOutput("pkg/top"), "AB\n");
  EXPECT_EQ(ReadOutput("pkg/tree/d/copy"), "A");
  result = Build(builder.plan);
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.actions_run, 0);
  EXPECT_EQ(result.actions_cached, 2);
}

TEST_F(SandboxedExecutionTest, InputBesideTheOutputIsNotMistakenForOne) {
  PlanBuilder builder(workspace_);
  ArtifactId first = builder.Output("pkg/first");
  Shell(builder, "echo 1 > cow-out/cfg/bin/pkg/first", {}, {first});
  ArtifactId second = builder.Output("pkg/second");
  Shell(builder, "cat cow-out/cfg/bin/pkg/first > cow-out/cfg/bin/pkg/second", {first}, {second});
  builder.Request({second});
  EXPECT_TRUE(Build(builder.plan).ok()) << sink_.errors();
  EXPECT_EQ(ReadOutput("pkg/second"), "1\n");
}

TEST_F(SandboxedExecutionTest, ExplainsUndeclaredInputsAndOutputs) {
  WriteSource("pkg/x.txt", "X");
  options_.keep_going = true;
  PlanBuilder builder(workspace_);
  ArtifactId reads = builder.Output("reads");
  Shell(builder, "cat pkg/x.txt > cow-out/cfg/bin/reads", {}, {reads});
  ArtifactId writes = builder.Output("writes");
  Shell(builder, "echo > cow-out/cfg/bin/writes; echo > pkg.log", {}, {writes});
  ArtifactId leaves = builder.Output("leaves");
  Shell(builder, "echo > cow-out/cfg/bin/leaves; echo > cow-out/cfg/bin/more; echo > $TMPDIR/fine", {}, {leaves});
  builder.Request({reads, writes, leaves});
  EXPECT_EQ(Build(builder.plan).actions_failed, 3);
  EXPECT_THAT(sink_.errors(), HasSubstr("note: 'pkg/x.txt' exists in the workspace but is not an input of //:reads"));
  EXPECT_THAT(sink_.errors(), HasSubstr("note: 'pkg.log' cannot be written: an action writes only its declared outputs"));
  EXPECT_THAT(sink_.errors(), HasSubstr("it left the undeclared file 'cow-out/cfg/bin/more'"));
}

TEST_F(SandboxedExecutionTest, MissingProgramIsAFailureOfTheAction) {
  PlanBuilder builder(workspace_);
  ArtifactId out = builder.Output("out");
  builder.plan.host_trees.push_back(std::make_shared<HostTree>(tree_));
  builder.Add({.arguments = {{.items = TextArgs({"/usr/bin/gone"})}}, .outputs = {out}, .host_tree = HostTreeId(0)});
  builder.Request({out});
  EXPECT_EQ(Build(builder.plan).actions_failed, 1);
  EXPECT_THAT(sink_.errors(), HasSubstr("//:out: Test failed: the program cannot be executed"));
}

TEST_F(SandboxedExecutionTest, TimeoutEndsTheAction) {
  PlanBuilder builder(workspace_);
  ArtifactId out = builder.Output("out");
  ActionId id = Shell(builder, "while :; do :; done", {}, {out});
  builder.plan.actions[id.value()].timeout_seconds = 1;
  builder.Request({out});
  EXPECT_EQ(Build(builder.plan).actions_failed, 1);
  EXPECT_THAT(sink_.errors(), HasSubstr("timed out after 1 s"));
}

}  // namespace
}  // namespace cow::execution
