#include "engine/execution/execute.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/execution/execution_fixture.h"

namespace cow::execution {
namespace {

using testing::HasSubstr;

TEST_F(ExecutionTest, MakesRequestedOutputsFromSources) {
  WriteSource("a.txt", "A");
  WriteSource("b.txt", "B");
  PlanBuilder builder(workspace_);
  ArtifactId mid = builder.Run("cat", "mid", {builder.Source("a.txt")});
  ArtifactId top = builder.Run("cat", "top", {mid, builder.Source("b.txt")});
  builder.Request({top});
  ExecutionResult result = Build(builder.plan);
  EXPECT_TRUE(result.ok()) << sink_.errors();
  EXPECT_EQ(result.actions_run, 2);
  EXPECT_EQ(ReadOutput("top"), "AB");
  EXPECT_EQ(ReadOutput("mid"), "<missing>") << "only what is requested is written";
  EXPECT_EQ(*ReadLink(workspace_ + "/cow-bin"), kBin);
  ASSERT_EQ(result.targets[0].outputs.size(), 1u);
  EXPECT_EQ(result.targets[0].outputs[0].digest, Digest::Of("AB"));
}

TEST_F(ExecutionTest, SecondBuildRunsNothing) {
  WriteSource("a.txt", "A");
  PlanBuilder builder(workspace_);
  builder.Request({builder.Run("cat", "top", {builder.Run("cat", "mid", {builder.Source("a.txt")})})});
  Build(builder.plan);
  FileInfo before = *LstatFile(absl::StrCat(workspace_, "/", kBin, "/top"));
  ExecutionResult result = Build(builder.plan);
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.actions_run, 0);
  EXPECT_EQ(result.actions_cached, 2);
  EXPECT_EQ(*LstatFile(absl::StrCat(workspace_, "/", kBin, "/top")), before) << "a right output is not touched";
}

TEST_F(ExecutionTest, ChangedOutputFileIsPutRight) {
  WriteSource("a.txt", "A");
  PlanBuilder builder(workspace_);
  builder.Request({builder.Run("cat", "top", {builder.Source("a.txt")})});
  Build(builder.plan);
  ASSERT_TRUE(WriteFile(absl::StrCat(workspace_, "/", kBin, "/top"), "X").ok());
  EXPECT_EQ(Build(builder.plan).actions_run, 0);
  EXPECT_EQ(ReadOutput("top"), "A");
}

TEST_F(ExecutionTest, EqualOutputStopsTheRebuildEarly) {
  runner_->programs["size"] = [](FakeProcess& process) {
    process.Write(process.argv[1], absl::StrCat(process.Read(process.argv[2]).size()));
  };
  WriteSource("a.txt", "12345");
  PlanBuilder builder(workspace_);
  builder.Request({builder.Run("cat", "top", {builder.Run("size", "mid", {builder.Source("a.txt")})})});
  Build(builder.plan);
  WriteSource("a.txt", "54321");
  ExecutionResult result = Build(builder.plan);
  EXPECT_EQ(result.actions_run, 1);
  EXPECT_EQ(result.actions_cached, 1);
  EXPECT_EQ(runner_->Count("cat"), 0);
}

TEST_F(ExecutionTest, FailureIsReportedAndNotCached) {
  runner_->programs["fail"] = [](FakeProcess& process) {
    process.result.out = "half way";
    process.Fail("it broke\n");
  };
  WriteSource("a.txt", "A");
  PlanBuilder builder(workspace_);
  ArtifactId bad = builder.Run("fail", "bad", {builder.Source("a.txt")});
  builder.Request({builder.Run("cat", "top", {bad})});
  for (int i = 0; i < 2; ++i) {
    ExecutionResult result = Build(builder.plan);
    EXPECT_FALSE(result.ok());
    EXPECT_FALSE(result.targets[0].ok);
    EXPECT_EQ(result.actions_failed, 1);
    EXPECT_EQ(result.actions_skipped, 1);
    EXPECT_EQ(runner_->Count("fail"), 1) << "a failed action runs again";
    EXPECT_EQ(sink_.errors(),
              absl::StrCat("error: //:bad: Test failed: exit code 1\n  command: fail ", kBin,
                           "/bad a.txt\nhalf way\nit broke\n"));
  }
}

TEST_F(ExecutionTest, MissingOutputIsNamed) {
  runner_->programs["nothing"] = [](FakeProcess&) {};
  PlanBuilder builder(workspace_);
  builder.Request({builder.Run("nothing", "out", {})});
  EXPECT_EQ(Build(builder.plan).actions_failed, 1);
  EXPECT_THAT(sink_.errors(), HasSubstr("it did not make its output 'cow-out/cfg/bin/out'"));
  EXPECT_EQ(Build(builder.plan).actions_cached, 0);
}

TEST_F(ExecutionTest, UndeclaredOutputIsNamed) {
  runner_->programs["more"] = [](FakeProcess& process) {
    process.Write(process.argv[1], "x");
    process.Write(process.argv[1] + ".d", "x");
  };
  PlanBuilder builder(workspace_);
  builder.Request({builder.Run("more", "out", {})});
  EXPECT_EQ(Build(builder.plan).actions_failed, 1);
  EXPECT_THAT(sink_.errors(), HasSubstr("it left the undeclared file 'cow-out/cfg/bin/out.d'; declare it as an output "
                                        "or write it to $TMPDIR"));
}

TEST_F(ExecutionTest, MissingSourceIsNamedWithWhoNeedsIt) {
  PlanBuilder builder(workspace_);
  builder.Request({builder.Run("cat", "out", {builder.Source("gone.txt")})});
  ExecutionResult result = Build(builder.plan);
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(sink_.errors(), "error: //:gone.txt: source file 'gone.txt' does not exist, needed by //:out\n");
}

TEST_F(ExecutionTest, UndeclaredInputIsExplained) {
  WriteSource("x.txt", "X");
  runner_->programs["peek"] = [](FakeProcess& process) { process.Read("x.txt"); };
  PlanBuilder builder(workspace_);
  builder.Request({builder.Run("peek", "out", {})});
  Build(builder.plan);
  EXPECT_THAT(sink_.errors(), HasSubstr("note: 'x.txt' exists in the workspace but is not an input of //:out; add it to "
                                        "its srcs, deps, data or tools"));
}

TEST_F(ExecutionTest, WhatASuccessfulActionPrintsIsShownOnce) {
  runner_->programs["warn"] = [](FakeProcess& process) {
    process.Write(process.argv[1], "x");
    process.result.err = "warning: unused\n";
  };
  PlanBuilder builder(workspace_);
  builder.Request({builder.Run("warn", "out", {})});
  Build(builder.plan);
  EXPECT_EQ(sink_.Text(Message::Kind::kActionOutput), "//:out: Test printed:\nwarning: unused\n");
  Build(builder.plan);
  EXPECT_EQ(sink_.Text(Message::Kind::kActionOutput), "");
}

TEST_F(ExecutionTest, CapturedOutputHoldsWhatTheProcessPrinted) {
  runner_->programs["say"] = [](FakeProcess& process) {
    process.result.out = "to stdout\n";
    process.result.err = "to stderr\n";
  };
  PlanBuilder builder(workspace_);
  ArtifactId log = builder.Run("say", "test.log", {});
  builder.ActionOf(log).captured_output = log;
  builder.Request({log});
  EXPECT_TRUE(Build(builder.plan).ok());
  EXPECT_EQ(*ReadFile(absl::StrCat(workspace_, "/", kBin, "/test.log")), "to stdout\nto stderr\n");
  EXPECT_EQ(sink_.Text(Message::Kind::kActionOutput), "");
}

TEST_F(ExecutionTest, CapturedOutputIsNeverWrittenThroughASymlink) {
  std::string victim = root_ + "/victim";
  ASSERT_TRUE(WriteFile(victim, "precious").ok());
  runner_->programs["plant"] = [&](FakeProcess& process) {
    process.result.out = "evil";
    ASSERT_TRUE(MakeSymlink(victim, process.HostPath(process.argv[1])).ok());
  };
  PlanBuilder builder(workspace_);
  ArtifactId log = builder.Run("plant", "test.log", {});
  builder.ActionOf(log).captured_output = log;
  builder.Request({log});
  EXPECT_TRUE(Build(builder.plan).ok());
  EXPECT_EQ(*ReadFile(victim), "precious");
  EXPECT_EQ(*ReadFile(absl::StrCat(workspace_, "/", kBin, "/test.log")), "evil");
}

TEST_F(ExecutionTest, KeepGoingDoesWhatDoesNotDependOnTheFailure) {
  runner_->programs["fail"] = [](FakeProcess& process) { process.Fail("no\n"); };
  runner_->programs["outlast"] = [this](FakeProcess& process) {
    while (!sink_.failed) {
    }
    process.Write(process.argv[1], process.argv[1]);
  };
  for (bool keep_going : {false, true}) {
    options_.keep_going = keep_going;
    PlanBuilder builder(workspace_);
    std::string suffix = keep_going ? "1" : "0";
    ArtifactId above = builder.Run("cat", "above", {builder.Run("fail", "bad", {})});
    ArtifactId running = builder.Run("outlast", "running" + suffix, {});
    builder.Request({above, running, builder.Run("cat", "next", {running})});
    ExecutionResult result = Build(builder.plan);
    EXPECT_FALSE(result.targets[0].ok);
    EXPECT_TRUE(result.targets[1].ok) << "what runs at the time of the failure is brought to its end";
    EXPECT_EQ(result.targets[2].ok, keep_going);
    EXPECT_EQ(result.actions_run, keep_going ? 2 : 1);
    EXPECT_EQ(result.actions_skipped, keep_going ? 1 : 2);
  }
}

TEST_F(ExecutionTest, CancelStopsRunningProcessesAndKeepsFinishedWork) {
  runner_->programs["stuck"] = [this](FakeProcess& process) {
    stop_.request_stop();
    while (!process.cancelled.stop_requested()) {
    }
    process.result.outcome = SpawnResult::Outcome::kCancelled;
  };
  options_.jobs = 1;
  PlanBuilder builder(workspace_);
  ArtifactId done = builder.Run("cat", "done", {});
  ArtifactId stuck = builder.Run("stuck", "stuck", {done});
  builder.Request({builder.Run("cat", "top", {stuck}), done});
  ExecutionResult result = Build(builder.plan);
  EXPECT_TRUE(result.interrupted);
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.actions_failed, 0);
  EXPECT_EQ(result.actions_skipped, 2);
  stop_ = {};
  runner_->programs["stuck"] = runner_->programs["cat"];
  result = Build(builder.plan);
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.actions_cached, 1) << "what was finished before is not done again";
}

TEST_F(ExecutionTest, VanishedBlobIsMadeAgain) {
  WriteSource("a.txt", "A");
  WriteSource("b.txt", "B");
  PlanBuilder builder(workspace_);
  ArtifactId b = builder.Source("b.txt");
  ArtifactId mid = builder.Run("cat", "mid", {builder.Source("a.txt"), b});
  builder.Request({builder.Run("cat", "top", {mid, b})});
  ASSERT_TRUE(Build(builder.plan).ok()) << sink_.errors();
  Forget("AB");
  EXPECT_EQ(Build(builder.plan).actions_run, 1) << "a result without its bytes is no result";
}

TEST_F(ExecutionTest, BlobThatVanishesDuringTheBuildIsMadeAgain) {
  WriteSource("a.txt", "A");
  bool forgot = false;
  runner_->programs["forget"] = [&](FakeProcess& process) {
    process.Write(process.argv[1], "F");
    if (!forgot) Forget("A-mid");
    forgot = true;
  };
  runner_->programs["mid"] = [](FakeProcess& process) { process.Write(process.argv[1], "A-mid"); };
  PlanBuilder builder(workspace_);
  ArtifactId mid = builder.Run("mid", "mid", {builder.Source("a.txt")});
  ArtifactId forget = builder.Run("forget", "forget", {mid});
  builder.Request({builder.Run("cat", "top", {mid, forget})});
  ExecutionResult result = Build(builder.plan);
  EXPECT_TRUE(result.ok()) << sink_.errors();
  EXPECT_EQ(ReadOutput("top"), "A-midF");
  EXPECT_EQ(runner_->Count("mid"), 2);
}

TEST_F(ExecutionTest, SourceBlobThatVanishesIsReadAgain) {
  WriteSource("a.txt", "A");
  runner_->programs["forget"] = [&](FakeProcess& process) {
    process.Write(process.argv[1], "F");
    Forget("A");
  };
  PlanBuilder builder(workspace_);
  ArtifactId forget = builder.Run("forget", "forget", {});
  builder.Request({builder.Run("cat", "top", {forget, builder.Source("a.txt")})});
  EXPECT_TRUE(Build(builder.plan).ok()) << sink_.errors();
  EXPECT_EQ(ReadOutput("top"), "FA");
}

TEST_F(ExecutionTest, BlobThatKeepsVanishingIsAnError) {
  runner_->programs["forget"] = [&](FakeProcess& process) { process.Write(process.argv[1], "F"); };
  runner_->programs["mid"] = [](FakeProcess& process) { process.Write(process.argv[1], "A-mid"); };
  PlanBuilder builder(workspace_);
  ArtifactId mid = builder.Run("mid", "mid", {});
  ArtifactId top = builder.Run("lose", "top", {mid});
  builder.Request({top});
  class Loser final : public SpawnRunner {
   public:
    Loser(SpawnRunner& inner, std::function<void()> lose) : inner_(inner), lose_(std::move(lose)) {}
    absl::StatusOr<SpawnResult> Run(const Spawn& spawn, std::stop_token cancelled) override {
      if (spawn.argv[0] != "lose") return inner_.Run(spawn, cancelled);
      lose_();
      return absl::NotFoundError("blob");
    }

   private:
    SpawnRunner& inner_;
    std::function<void()> lose_;
  } loser(*runner_, [this] { Forget("A-mid"); });
  spawn_runner_ = &loser;
  EXPECT_EQ(Build(builder.plan).actions_failed, 1);
  EXPECT_THAT(sink_.errors(), HasSubstr("its input 'cow-out/cfg/bin/mid' vanished from the cache again and again"));
}

TEST_F(ExecutionTest, NoCacheActionsAlwaysRun) {
  PlanBuilder builder(workspace_);
  ArtifactId out = builder.Run("cat", "out", {});
  builder.ActionOf(out).execution_requirements["no-cache"] = "1";
  builder.Request({out});
  Build(builder.plan);
  EXPECT_EQ(Build(builder.plan).actions_run, 1);
}

TEST_F(ExecutionTest, ResultOfAWeakerSandboxIsNotUsed) {
  runner_->programs["weak"] = [](FakeProcess& process) {
    process.Write(process.argv[1], "x");
    process.result.tier = "S1";
  };
  PlanBuilder builder(workspace_);
  builder.Request({builder.Run("weak", "out", {})});
  Build(builder.plan);
  EXPECT_EQ(Build(builder.plan).actions_run, 1);
  options_.min_sandbox_tier = "S1";
  EXPECT_EQ(Build(builder.plan).actions_run, 0);
}

TEST_F(ExecutionTest, FailingTestIsReportedAndStopsNothing) {
  runner_->programs["test"] = [](FakeProcess& process) {
    process.Write(process.argv[1], "log of a pass");
    if (absl::StrContains(process.argv[1], "bad")) process.Fail("assertion failed\n");
  };
  options_.jobs = 1;
  PlanBuilder builder(workspace_);
  for (const char* name : {"bad", "good"}) {
    ArtifactId log = builder.Run("test", name, {});
    builder.plan.tests.push_back(
        {.label = builder.plan.artifact(log).owner, .action = builder.plan.artifact(log).generating_action, .log = log});
  }
  for (bool cached : {false, true}) {
    ExecutionResult result = Build(builder.plan);
    EXPECT_EQ(result.tests[0].status, TestOutcome::Status::kFailed);
    EXPECT_EQ(result.tests[0].log, "assertion failed");
    EXPECT_EQ(result.tests[1].status, TestOutcome::Status::kPassed);
    EXPECT_EQ(result.tests[1].log, "log of a pass");
    EXPECT_EQ(result.tests[1].cached, cached);
    EXPECT_FALSE(result.ok());
  }
}

TEST_F(ExecutionTest, TimedOutAndSignalledActionsSaySo) {
  runner_->programs["slow"] = [](FakeProcess& process) { process.result.outcome = SpawnResult::Outcome::kTimedOut; };
  runner_->programs["crash"] = [](FakeProcess& process) {
    process.result.outcome = SpawnResult::Outcome::kSignalled;
    process.result.signal = 11;
  };
  options_.keep_going = true;
  PlanBuilder builder(workspace_);
  ArtifactId slow = builder.Run("slow", "slow", {});
  builder.ActionOf(slow).timeout_seconds = 5;
  builder.Request({slow, builder.Run("crash", "crash", {})});
  EXPECT_EQ(Build(builder.plan).actions_failed, 2);
  EXPECT_THAT(sink_.errors(), HasSubstr("//:slow: Test failed: timed out after 5 s"));
  EXPECT_THAT(sink_.errors(), HasSubstr("//:crash: Test failed: killed by signal 11 (Segmentation fault)"));
}

TEST_F(ExecutionTest, CommandsAreShownOnRequest) {
  options_.show_commands = true;
  PlanBuilder builder(workspace_);
  builder.Request({builder.Run("cat", "out", {})});
  Build(builder.plan);
  EXPECT_EQ(sink_.Text(Message::Kind::kInfo), "# //:out [Test cow-out/cfg/bin/out]\ncat cow-out/cfg/bin/out\n");
}

}  // namespace
}  // namespace cow::execution
