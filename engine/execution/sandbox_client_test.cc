#include "engine/execution/sandbox_client.h"

#include <csignal>
#include <set>
#include <thread>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "engine/execution/sandbox_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::execution {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SandboxClientTest : public SandboxFixture {};

TEST_F(SandboxClientTest, TellsItsTier) {
  EXPECT_TRUE(client().tier() == "S3" || client().tier() == "S3p") << client().tier();
  EXPECT_EQ(Run(Probe({})).result.tier, client().tier());
}

TEST_F(SandboxClientTest, RunsACommandWithItsArgumentsAndEnvironment) {
  SandboxRequest request = Probe({"getenv PATH", "getenv COLOR", "getenv HOME", "exit 7"});
  request.env.push_back("COLOR=brown cow");
  const Ran ran = Run(request);
  EXPECT_THAT(ran.lines, ElementsAre("/usr/bin:/bin", "brown cow", "unset"));
  EXPECT_EQ(ran.result.outcome, SandboxResult::Outcome::kEnded);
  EXPECT_EQ(ran.result.exit_code, 7);
  EXPECT_EQ(ran.result.signal, 0);
}

TEST_F(SandboxClientTest, ReportsTheSignalThatEndedACommand) {
  const Ran ran = Run(Probe({"raise 9"}));
  EXPECT_EQ(ran.result.outcome, SandboxResult::Outcome::kEnded);
  EXPECT_EQ(ran.result.exit_code, -1);
  EXPECT_EQ(ran.result.signal, SIGKILL);
}

TEST_F(SandboxClientTest, MeasuresTheAction) {
  const SandboxResult result = Run(Probe({"sleep 30"})).result;
  EXPECT_GE(result.wall, absl::Milliseconds(30));
  EXPECT_LT(result.setup, result.wall - absl::Milliseconds(29));
  EXPECT_GT(result.setup, absl::ZeroDuration());
  EXPECT_GT(result.max_rss_kib, 0);
}

TEST_F(SandboxClientTest, PutsActionsIntoTheExecutionRootUnderFixedNames) {
  EXPECT_THAT(Attempt({"whoami", "session", "getenv USER"}),
              ElementsAre("1000:1000 cow /build", "own", "unset"));
}

TEST_F(SandboxClientTest, StagesFilesWithFixedModesAndTimes) {
  SandboxRequest request =
      Probe({"read a/b/c.txt", "stat a/b/c.txt", "stat tool", "stat a/b", "stat .", "read big"});
  request.inputs.push_back(File("a/b/c.txt", "moo"));
  request.inputs.push_back(File("tool", "#!/bin/sh"));
  request.inputs.back().executable = true;
  const std::string big(300000, 'b');
  request.inputs.push_back(File("big", big));
  const Ran ran = Run(request);
  ASSERT_EQ(ran.lines.size(), 6);
  EXPECT_EQ(ran.lines[0], "moo");
  EXPECT_EQ(ran.lines[1],
            absl::StrCat("100444 ", InputTime("a/b/c.txt", Digest::Of("moo").hash_view())));
  EXPECT_EQ(ran.lines[2],
            absl::StrCat("100555 ", InputTime("tool", Digest::Of("#!/bin/sh").hash_view())));
  EXPECT_EQ(ran.lines[3], "40755 315532800");
  EXPECT_EQ(ran.lines[4], "40755 315532800");
  EXPECT_EQ(ran.lines[5], big);
}

TEST_F(SandboxClientTest, StagesSymlinksDirectoriesAndTrees) {
  const std::string tree = directory() + "/tree";
  ASSERT_TRUE(MakeDirectories(tree + "/sub").ok());
  ASSERT_TRUE(WriteFile(tree + "/sub/leaf", "green").ok());
  SandboxRequest request = Probe({"read link", "list empty", "list t", "read t/sub/leaf",
                                  "write t/sub/leaf x", "read dangling"});
  request.inputs.push_back(File("z/target", "found"));
  request.inputs.push_back({.kind = SandboxInput::Kind::kSymlink, .path = "link", .source = "z/target"});
  request.inputs.push_back({.kind = SandboxInput::Kind::kSymlink, .path = "dangling", .source = "/no"});
  request.inputs.push_back({.kind = SandboxInput::Kind::kDirectory, .path = "empty"});
  request.inputs.push_back({.kind = SandboxInput::Kind::kTree, .path = "t", .source = tree});
  EXPECT_THAT(Run(request).lines, ElementsAre("found", "", "sub", "green", "EROFS", "ENOENT"));
}

// The same large blob at two paths: a mount of each would be one inode under two names.
TEST_F(SandboxClientTest, GivesEqualInputsDistinctInodes) {
  SandboxRequest request = Probe({"stat one", "stat two"});
  const std::string big(200000, 'q');
  request.inputs.push_back(File("one", big));
  request.inputs.push_back(File("two", big));
  const Ran ran = Run(request);
  ASSERT_EQ(ran.lines.size(), 2);
  EXPECT_NE(ran.lines[0], ran.lines[1]);
}

TEST_F(SandboxClientTest, TellsWhichInputsWereRead) {
  SandboxRequest request = Probe({"stat a", "read b/c", "read b/sub/e", "list b"});
  const size_t first = request.inputs.size();
  for (const char* path : {"a", "b/c", "b/d", "b/sub/e", "b/sub/f"}) request.inputs.push_back(File(path, path));
  request.inputs.push_back(File("z/big", std::string(300000, 'b')));
  EXPECT_TRUE(Run(request).result.read.empty());
  request.report_reads = true;
  const std::vector<bool> read = Run(request).result.read;
  ASSERT_EQ(read.size(), request.inputs.size());
  const std::vector<bool> files(read.begin() + static_cast<int64_t>(first), read.end());
  // What is shown by a mount may have been read.
  EXPECT_EQ(files, std::vector<bool>({false, true, false, true, false, true}));
}

TEST_F(SandboxClientTest, LeavesOutputsInTheGivenDirectories) {
  SandboxRequest request = Probe({"write out/x 1", "write out/deep/down/y 2", "write out/z 3"});
  const SandboxWritable outer = Writable("out");
  const SandboxWritable inner = Writable("out/deep/down");
  request.writable = {inner, outer};
  EXPECT_THAT(Run(request).lines, ElementsAre("ok", "ok", "ok"));
  EXPECT_EQ(ReadFile(outer.source + "/x").value(), "1");
  EXPECT_EQ(ReadFile(outer.source + "/z").value(), "3");
  EXPECT_EQ(ReadFile(inner.source + "/y").value(), "2");
  EXPECT_EQ(LstatFile(outer.source + "/x")->mode & 07777, 0644u);
}

TEST_F(SandboxClientTest, CanMakeTheWholeExecutionRootWritable) {
  SandboxRequest request = Probe({"write x 1", "read in", "write in 2", "list ."});
  request.inputs.push_back(File("in", "kept"));
  request.writable = {Writable("")};
  EXPECT_THAT(Run(request).lines, ElementsAre("ok", "kept", "EROFS", "in probe x"));
  EXPECT_EQ(ReadFile(request.writable[0].source + "/x").value(), "1");
}

TEST_F(SandboxClientTest, ShowsAHostTreeAsTheRoot) {
  const std::string tree = directory() + "/host";
  ASSERT_TRUE(MakeDirectories(tree + "/usr/bin").ok());
  ASSERT_TRUE(MakeDirectories(tree + "/etc/alternatives").ok());
  ASSERT_TRUE(MakeDirectories(tree + "/tmp").ok());
  ASSERT_TRUE(WriteFile(tree + "/usr/bin/hello", "hi").ok());
  ASSERT_TRUE(WriteFile(tree + "/tmp/leak", "hi").ok());
  ASSERT_TRUE(WriteFile(tree + "/etc/passwd", "evil").ok());
  ASSERT_TRUE(WriteFile(tree + "/etc/extra", "kept").ok());
  ASSERT_TRUE(MakeSymlink("usr/bin", tree + "/bin").ok());
  SandboxRequest request = Probe({"list /", "read /bin/hello", "read /etc/extra", "list /tmp",
                                  "list /etc", "write /usr/bin/hello x", "write /etc/extra x"});
  request.host_tree = tree;
  EXPECT_THAT(Run(request).lines,
              ElementsAre("bin build dev etc proc tmp usr", "hi", "kept", "",
                          "alternatives extra group hosts nsswitch.conf passwd", "EROFS", "EROFS"));
}

TEST_F(SandboxClientTest, NoticesThatAHostTreeWasReplaced) {
  const std::string tree = directory() + "/swapped";
  ASSERT_TRUE(MakeDirectories(tree + "/a").ok());
  SandboxRequest request = Probe({"list /"});
  request.host_tree = tree;
  EXPECT_THAT(Run(request).lines, ElementsAre("a build dev etc proc tmp"));
  ASSERT_TRUE(RenameFile(tree, tree + "-old").ok());
  ASSERT_TRUE(MakeDirectories(tree + "/b").ok());
  EXPECT_THAT(Run(request).lines, ElementsAre("b build dev etc proc tmp"));
}

TEST_F(SandboxClientTest, StartsInTheWorkingDirectory) {
  SandboxRequest request = Probe({"list .", "read in", "read /build/a/b/in"});
  request.inputs.push_back(File("a/b/in", "text"));
  request.working_directory = "a/b";
  request.argv[0] = "/build/probe";
  EXPECT_THAT(Run(request).lines, ElementsAre("in", "text", "text"));
  request.working_directory = "../etc";
  EXPECT_EQ(Refusal(request).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(SandboxClientTest, StopsAnActionAtItsDeadline) {
  SandboxRequest request = Probe({"sleep 60000"});
  request.timeout = absl::Milliseconds(100);
  const SandboxResult result = Run(request).result;
  EXPECT_EQ(result.outcome, SandboxResult::Outcome::kTimedOut);
  EXPECT_GE(result.wall, absl::Milliseconds(100));
  EXPECT_LT(result.wall, absl::Seconds(2));
}

TEST_F(SandboxClientTest, KillsAnActionThatIgnoresTheRequestToStop) {
  SandboxRequest request = Probe({"ignore-sigterm", "sleep 60000"});
  request.timeout = absl::Milliseconds(100);
  request.grace = absl::Milliseconds(200);
  const SandboxResult result = Run(request).result;
  EXPECT_EQ(result.outcome, SandboxResult::Outcome::kTimedOut);
  EXPECT_GE(result.wall, absl::Milliseconds(300));
  EXPECT_LT(result.wall, absl::Seconds(5));
}

TEST_F(SandboxClientTest, CancelsARunningAction) {
  std::stop_source source;
  std::thread canceller([&] {
    absl::SleepFor(absl::Milliseconds(100));
    source.request_stop();
  });
  const SandboxResult result = Run(Probe({"sleep 60000"}), source.get_token()).result;
  canceller.join();
  EXPECT_EQ(result.outcome, SandboxResult::Outcome::kCancelled);
  EXPECT_LT(result.wall, absl::Seconds(2));
}

TEST_F(SandboxClientTest, CancelsAnActionThatWasCancelledBeforeItStarted) {
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(Run(Probe({"sleep 60000"}), source.get_token()).result.outcome,
            SandboxResult::Outcome::kCancelled);
}

TEST_F(SandboxClientTest, AppliesLimits) {
  SandboxRequest request =
      Probe({"limit core", "limit fsize", "limit nofile", "no-randomize", "write out/x 123456789"});
  request.limits.file_bytes = 5;
  request.max_open_files = 77;
  request.writable = {Writable("out")};
  const Ran ran = Run(request);
  // The probe's own output is such a file, too: only the first lines fit.
  EXPECT_EQ(ran.result.signal, SIGXFSZ);
  request.limits.file_bytes = 1000;
  request.argv.resize(request.argv.size() - 4);
  EXPECT_THAT(Run(request).lines, ElementsAre("0", "1000", "77", "ok"));
}

TEST_F(SandboxClientTest, LimitsTheMemoryThatFilesTake) {
  SandboxRequest request = Probe({"fill /tmp/x 8"});
  request.limits.memory_bytes = 64 << 20;
  EXPECT_THAT(Run(request).lines, ElementsAre("ok"));
  request.argv = Probe({"fill /tmp/x 100"}).argv;
  const Ran ran = Run(request);
  // The file system is full, or before that its memory.
  EXPECT_TRUE(ran.lines[0] == "ENOSPC" || ran.result.limit == SandboxLimit::kMemory) << ran.out;
}

TEST_F(SandboxClientTest, RunsManyActionsFromSeveralThreads) {
  std::atomic<int> good = 0;
  const auto work = [&](int thread) {
    for (int i = 0; i < 100; ++i) {
      SandboxRequest request = Probe({"read in", "write out/x done"});
      const std::string text = absl::StrCat(thread, "-", i);
      request.inputs.push_back(File("in", text));
      request.writable = {Writable("out")};
      const Ran ran = Run(request);
      good += ran.lines == std::vector<std::string>{text, "ok"};
    }
  };
  std::thread other(work, 1);
  work(2);
  other.join();
  EXPECT_EQ(good, 200);
}

TEST_F(SandboxClientTest, RefusesMalformedRequests) {
  const auto message = [](SandboxRequest request) {
    const absl::Status status = Refusal(std::move(request));
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  SandboxRequest request = Probe({});
  request.inputs.push_back(File("../escape", "x"));
  EXPECT_THAT(message(request), HasSubstr("'../escape' is no path below the execution root"));
  request.inputs.back().path = "probe";
  EXPECT_THAT(message(request), HasSubstr("'probe' is an input twice"));
  request.inputs.back().path = "probe/below";
  EXPECT_THAT(message(request), HasSubstr("'probe/below' lies below input 'probe'"));
  request.inputs.back() = File("ok", "x");
  request.inputs.back().source = "/etc/passwd";
  EXPECT_THAT(message(request), HasSubstr("in none of the sandbox's source directories"));
  request = Probe({});
  request.inputs.push_back({.kind = SandboxInput::Kind::kSymlink, .path = "s", .source = "/x"});
  request.writable = {Writable("s/out")};
  EXPECT_THAT(message(request), HasSubstr("output directory 's/out' lies in input 's'"));
  request = Probe({});
  request.argv = {"probe"};
  EXPECT_THAT(message(request), HasSubstr("with a '/'"));
}

TEST_F(SandboxClientTest, ExplainsAProgramThatCannotBeExecuted) {
  SandboxRequest request = Probe({});
  request.argv[0] = "/usr/bin/missing";
  const absl::Status status = Refusal(request);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(),
            "in the sandbox, could not execute: No such file or directory ('/usr/bin/missing')");
}

TEST_F(SandboxClientTest, ReportsAnInputWhoseSourceIsGone) {
  SandboxRequest request = Probe({});
  request.inputs.push_back(File("x", "y"));
  request.inputs.back().source = directory() + "/gone";
  const absl::Status status = Refusal(request);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr(directory() + "/gone"));
}

TEST_F(SandboxClientTest, ReportsAMissingHelper) {
  SandboxClient::Options options = Options();
  options.helper_program = "/nonexistent/cow-sandbox";
  const absl::Status status = SandboxClient::Start(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/nonexistent/cow-sandbox"));
}

// Which processes of the machine have this word in their command line.
std::set<int> ProcessesWith(const std::string& word) {
  std::set<int> found;
  const auto processes = ListDirectory("/proc");
  if (!processes.ok()) return found;
  for (const DirectoryEntry& entry : *processes) {
    const auto line = ReadFile(absl::StrCat("/proc/", entry.name, "/cmdline"));
    if (line.ok() && absl::StrContains(*line, word)) found.insert(atoi(entry.name.c_str()));
  }
  found.erase(getpid());
  return found;
}

bool EventuallyNoProcessWith(const std::string& word) {
  for (int i = 0; i < 200; ++i) {
    if (ProcessesWith(word).empty()) return true;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return false;
}

TEST_F(SandboxClientTest, SurvivesTheDeathOfItsHelperOnce) {
  auto own = SandboxClient::Start(Options());
  ASSERT_TRUE(own.ok()) << own.status();
  const UniqueFd output(memfd_create("output", MFD_CLOEXEC));
  const auto run = [&](const std::string& attempt) {
    SandboxRequest request = Probe({attempt});
    request.stdout_fd = request.stderr_fd = output.get();
    return (*own)->Run(request);
  };
  const auto kill_helper = [&] {
    absl::SleepFor(absl::Milliseconds(200));
    kill((*own)->helper_pid(), SIGKILL);
  };
  std::thread killer(kill_helper);
  EXPECT_EQ(run("sleep 60001").status().code(), absl::StatusCode::kUnavailable);
  killer.join();
  EXPECT_TRUE(EventuallyNoProcessWith("60001"));
  EXPECT_TRUE(run("sleep 1").ok());
  kill((*own)->helper_pid(), SIGKILL);
  absl::Status status;
  for (int i = 0; i < 3; ++i) status = run("sleep 1").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
}

TEST_F(SandboxClientTest, LeavesNoProcessWhenTheEngineIsKilled) {
  const pid_t engine = fork();
  if (engine == 0) {
    auto own = SandboxClient::Start(Options());
    SandboxRequest request = Probe({"daemonize /tmp/x", "sleep 60002"});
    request.stdout_fd = request.stderr_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (own.ok()) (*own)->Run(request).IgnoreError();
    _exit(1);
  }
  while (ProcessesWith("60002").empty()) absl::SleepFor(absl::Milliseconds(10));
  kill(engine, SIGKILL);
  waitpid(engine, nullptr, 0);
  EXPECT_TRUE(EventuallyNoProcessWith("60002"));
  const std::string nul(1, 0);
  EXPECT_TRUE(EventuallyNoProcessWith(absl::StrCat("cow-sandbox", nul, engine, nul)));
}

}  // namespace
}  // namespace cow::execution
